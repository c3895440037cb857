import { expect, test } from 'vitest'
import { draftJob } from '../../../src/api/stream-execution-environment.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { systemClock } from '../../../src/environment/system-clock.ts'
import { createFileSystems } from '../../../src/file-system/file-systems.ts'
import { planSlots } from '../../../src/graph/slots.ts'
import { createMetricRegistry } from '../../../src/metrics/metric-registry.ts'
import { optimize } from '../../../src/optimizer/optimize.ts'
import { JobCoordinator } from '../../../src/runtime/coordinator/job-coordinator.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'

test('a job whose executors never come to run can be canceled', async () => {
  const draft = draftJob('waiting')
  draft.env.fromData([1]).sinkTo(collectingSink())
  const graph = optimize(draft.build(), { parallelism: 1 })
  const started = Promise.withResolvers<void>()
  let closed = false
  const coordinator = new JobCoordinator({
    ...{ graph, clock: systemClock, random: Math.random, logger: silentLogger, metrics: createMetricRegistry(() => {}).group({ job: 'waiting' }) },
    fileSystems: createFileSystems([]),
    checkpoints: undefined,
    restart: { kind: 'none' },
    from: undefined,
    allowDroppedState: [],
    slots: planSlots(graph, 1),
    createExecutors: () => ({
      start() {
        started.resolve()
        return new Promise(() => {})
      },
      send() {},
      close: () => Promise.resolve(void (closed = true)),
    }),
  })
  const ended = coordinator.run()
  await started.promise
  coordinator.cancel()
  expect(await ended).toMatchObject({ state: 'canceled' })
  expect(closed).toBe(true)
})
