import { expect, test } from 'vitest'
import { draftJob } from '../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import { submitGraph } from '../../src/environment/submit-graph.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { createVirtualClock } from '../../src/testing/virtual-clock.ts'

test('a function that took too long in this thread is named when it has returned', async () => {
  const lines: { readonly message: string; readonly fields: object }[] = []
  const logger = { ...silentLogger, warn: (fields: object, message: string) => void lines.push({ fields, message }) }
  const virtual = createVirtualClock()
  let spentMs = 0
  const clock = { ...virtual, now: () => virtual.now() + spentMs }
  const draft = draftJob('slow')
  draft.env
    .fromSequence(1, 3)
    .map((n) => {
      if (n === 2) spentMs += 2_500
      return n
    })
    .name('slow map')
    .sinkTo(collectingSink())
  const client = await submitGraph(draft.build(), { logger, stuckFunction: { limit: '2s' } }, { clock, random: () => 0.5 })
  await virtual.runUntil(client.done)
  const operator = 'source sequence → slow map → sink collecting'
  expect(lines).toEqual([{ message: expect.stringContaining('a function did not return for a long time') as string, fields: { operator, subtask: 0, durationMs: 2_500 } }])
  expect(client.metrics()).toContainEqual({ name: 'numStuckFunctions', type: 'counter', labels: { job: 'slow', operator, subtask: '0' }, value: 1 })
})
