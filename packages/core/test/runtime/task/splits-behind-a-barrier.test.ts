import { expect, test } from 'vitest'
import { defineSink } from '../../../src/spi/define-sink.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import { testJob } from '../../../src/testing/test-job.ts'

interface Split {
  readonly id: string
}

test('a split that is assigned behind a barrier is not in its snapshot, however long the barrier waits for the output', async () => {
  const snapshots: string[][] = []
  let triggered = false
  let assign: (id: string) => void = () => {}
  const source = defineSource<string, Split, null>({
    name: 'two',
    bounded: false,
    createEnumerator: (context) => {
      assign = (id) => context.assignSplits(0, [{ id }])
      return {
        start: () => undefined,
        handleSplitRequest: () => assign('before'),
        addSplitsBack: () => undefined,
        snapshotState() {
          triggered = true
          return null
        },
      }
    },
    createReader: () => {
      const held: Split[] = []
      let emitted = 0
      return {
        addSplits: (added) => void held.push(...added),
        snapshotSplits() {
          snapshots.push(held.map(({ id }) => id))
          return held
        },
        poll(output) {
          for (; emitted < held.length; emitted++) output.forSplit((held[emitted] as Split).id).collect((held[emitted] as Split).id)
          return held.length === 0 ? 'end' : 'pending'
        },
        available: () => new Promise<void>(() => {}),
      }
    },
  })
  const gate = Promise.withResolvers<void>()
  let full = false
  const slow = defineSink<string>({
    name: 'slow',
    createWriter: () => ({
      write: () => void (full = true),
      ready: () => (full ? gate.promise : undefined),
      flush: () => undefined,
    }),
  })
  const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'two' }).sinkTo(slow, { uid: 'slow' }), { checkpoints: { interval: '10ms' } })
  await job.until(() => full && triggered)
  assign('behind')
  await job.clock.settle()
  full = false
  gate.resolve()
  await job.until(() => snapshots.length >= 2)
  expect(snapshots.slice(0, 2)).toEqual([['before'], ['before', 'behind']])
  await job.cancel()
})
