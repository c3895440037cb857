import { expect, test } from 'vitest'
import { MillraceError } from '../../../src/errors.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

interface Split {
  readonly id: string
}

test('a split that is assigned right after a checkpoint was triggered is not part of what its reader puts into it', async () => {
  let failed = false
  const source = defineSource<string, Split, readonly Split[]>({
    name: 'late splits',
    bounded: true,
    createEnumerator: (context, restored) => {
      let left = [...(restored ?? [{ id: 'a' }, { id: 'b' }, { id: 'c' }])]
      const assignNext = (): void => {
        const next = left.shift()
        if (next !== undefined) context.assignSplits(0, [next])
        else context.signalNoMoreSplits(0)
      }
      return {
        start: () => undefined,
        handleSplitRequest: () => undefined,
        addSplitsBack: (splits) => void (left = [...splits, ...left]),
        snapshotState() {
          const state = [...left]
          // both messages reach the task before its next step
          queueMicrotask(assignNext)
          return state
        },
      }
    },
    createReader: () => {
      const open: Split[] = []
      return {
        addSplits: (splits) => void open.push(...splits),
        snapshotSplits: () => [...open],
        poll(output) {
          const split = open.shift()
          if (split === undefined) return 'end'
          output.collect(split.id)
          return 'pending'
        },
        available: () => Promise.resolve(),
        notifyCheckpointComplete(checkpointId) {
          if (checkpointId !== 2 || failed) return
          failed = true
          throw new MillraceError('TEST_LOST', 'after the second checkpoint', { origin: 'external', retryable: true })
        },
      }
    },
  })
  const sink = collectingSink<string>()
  const result = await runTestJob((env) => env.fromSource(source).sinkTo(sink), { checkpoints: { interval: '5ms' }, restart: { kind: 'fixedDelay', attempts: 1, delay: '1ms' } })
  expect(result.numRestarts).toBe(1)
  expect(sink.values.toSorted()).toEqual(['a', 'b', 'c'])
})
