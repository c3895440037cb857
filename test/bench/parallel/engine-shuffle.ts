import { createRemoteChannel, type RemoteChannelHandle } from '../../../packages/core/src/runtime/network/remote-channel.ts'
import { openRemoteInput } from '../../../packages/core/src/runtime/network/remote-input-channel.ts'
import { openRemoteOutput } from '../../../packages/core/src/runtime/network/remote-output-channel.ts'
import { RecordWriter } from '../../../packages/core/src/runtime/network/record-writer.ts'
import type { Clock } from '../../../packages/core/src/runtime/time/clock.ts'
import type { AnyType } from '../../../packages/core/src/types/type-information.ts'
import { types } from '@millrace/core'
import { BATCH_ROWS, type ShuffleDigest, shuffleRows, type ShuffleRow } from './shuffle-rows.ts'
import type { ShuffleVariant } from './shuffle-variant.ts'

/** The default of the engine. */
const BUFFER_BYTES = 256 * 1024
/** As long as a task keeps its thread before it lets others have it. */
const SLICE_MS = 8
const ADDRESS = { edge: 0, producer: 0, consumer: 0 }
const clock: Clock = {
  now: () => Date.now(),
  schedule: () => {
    throw new Error('a channel sets no timers')
  },
  immediate: (action) => void setImmediate(action),
}

/** A record writer and a channel between threads, driven as tasks drive them; without a schema the generic codec. */
export function engineShuffle(typed: boolean): ShuffleVariant {
  const type = typed ? types.row({ id: types.long(), key: types.string(), value: types.double(), time: types.timestamp() }) : undefined
  return {
    prepare: sendOtherTypes,
    share: () => createRemoteChannel(ADDRESS, BUFFER_BYTES),
    produce(shared, records) {
      const output = openRemoteOutput(shared as RemoteChannelHandle, { type })
      const writer = new RecordWriter([output], () => 0, BUFFER_BYTES / 2)
      const rowAt = shuffleRows()
      let index = 0
      const step = slices(() => {
        if (!writer.isAvailable) return false
        const end = Math.min(records, index + BATCH_ROWS)
        for (; index < end; index++) {
          const row = rowAt(index)
          writer.collect(row, row.time)
        }
        if (index < records) return true
        writer.emitEndOfData(true)
        return false
      })
      output.onSpace = step
      step()
    },
    consume: (shared, digest) =>
      new Promise((resolve) => {
        const input = openRemoteInput(shared as RemoteChannelHandle, { type, clock, targetLatencyMs: 1000 })
        const step = slices(() => {
          const element = input.poll()
          if (element?.kind === 'records') takeAll(digest, element.values as ShuffleRow[], element.timestamps)
          if (element?.kind === 'endOfData') resolve()
          return element !== undefined
        })
        input.onData = step
        step()
      }),
  }
}

function takeAll(digest: ShuffleDigest, values: readonly ShuffleRow[], timestamps: readonly number[]): void {
  for (let index = 0; index < values.length; index++) digest.take(values[index] as ShuffleRow, timestamps[index] as number)
}

/** Repeats `step` while it returns true, with a turn for the event loop after every slice; call the result to go on. */
function slices(step: () => boolean): () => void {
  let scheduled = false
  const run = (): void => {
    scheduled = false
    const endMs = performance.now() + SLICE_MS
    while (step()) {
      if (performance.now() < endMs) continue
      wake()
      return
    }
  }
  const wake = (): void => {
    if (scheduled) return
    scheduled = true
    setImmediate(run)
  }
  return wake
}

/** Other rows through the same code, as a thread that hosts several tasks sees them. */
function sendOtherTypes(): void {
  const others: readonly (readonly [AnyType | undefined, (index: number) => unknown])[] = [
    [types.row({ a: types.int(), b: types.string().nullable() }), (index) => ({ a: index, b: index % 3 === 0 ? null : 'x'.repeat(index % 30) })],
    [types.row({ list: types.list(types.double()), at: types.timestamp() }), (index) => ({ list: [index, 0.5], at: index })],
    [types.string(), (index) => `text ${index}`],
    [undefined, (index) => ({ any: [index, 'x'], nested: { flag: true } })],
  ]
  for (const [type, valueAt] of others) {
    const handle = createRemoteChannel(ADDRESS, BUFFER_BYTES)
    const [output, input] = [openRemoteOutput(handle, { type }), openRemoteInput(handle, { type, clock, targetLatencyMs: 1000 })]
    const writer = new RecordWriter([output], () => 0, BUFFER_BYTES / 2)
    for (let index = 0; index < 50_000; index++) {
      writer.collect(valueAt(index), index)
      if (index % BATCH_ROWS === 0) while (input.poll() !== undefined);
    }
    output.close()
    input.close()
  }
}
