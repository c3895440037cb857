import type { Logger } from '@millrace/core/spi'
import { afterEach, expect, test, vi } from 'vitest'
import { createChannelMemory, DATA_CELL } from '../../../packages/core/src/runtime/network/channel-memory.ts'
import { wakeCell } from '../../../packages/core/src/runtime/network/wait-cell.ts'
import { parallelRun } from './run-parallel.ts'

const BUFFER_BYTES = 64 * 1024
const CHANNEL_BYTES = createChannelMemory(BUFFER_BYTES).byteLength
/** How far the data ring has been written: the first word behind the header of the channel. */
const WRITE_WORD = 192 / Int32Array.BYTES_PER_ELEMENT

afterEach(() => vi.unstubAllGlobals())

/** The memory of all channels that this thread makes from now on. */
function channelMemories(): readonly SharedArrayBuffer[] {
  const memories: SharedArrayBuffer[] = []
  class RecordedMemory extends SharedArrayBuffer {
    constructor(byteLength: number) {
      super(byteLength)
      if (byteLength === CHANNEL_BYTES) memories.push(this)
    }
  }
  vi.stubGlobal('SharedArrayBuffer', RecordedMemory)
  return memories
}

/** Lets the consumer find bytes that nobody sent. */
function corrupt(memory: SharedArrayBuffer): void {
  const words = new Int32Array(memory, 0, WRITE_WORD + 1)
  Atomics.add(words, WRITE_WORD, 64)
  wakeCell(words, DATA_CELL)
}

test('a corrupt frame between two workers restarts the job, and the result is exact', { timeout: 60_000 }, async () => {
  await using run = await parallelRun('keyed-count', { recordsPerSecond: 1500, records: 3000 })
  const codes: unknown[] = []
  const warn: Logger['warn'] = (fields) => void codes.push(fields['code'])
  const memories = channelMemories()
  const client = await run.submit({
    parallelism: 2,
    workers: 2,
    bufferBytes: BUFFER_BYTES,
    restart: { kind: 'fixedDelay', attempts: 3, delay: '100ms' },
    logger: { debug() {}, info() {}, warn, error: warn },
  })
  const completed = (): number => client.metrics().find(({ name }) => name === 'numberOfCompletedCheckpoints')?.value ?? 0
  await vi.waitFor(() => expect(completed()).toBeGreaterThan(1), { timeout: 30_000, interval: 20 })
  expect(memories.length).toBeGreaterThan(1)
  // a frame that is written at the same moment may set things right again
  await vi.waitFor(
    () => {
      corrupt(memories[0] as SharedArrayBuffer)
      expect(codes).toContain('CORE_FRAME_CORRUPT')
    },
    { timeout: 10_000, interval: 20 },
  )
  expect(await client.done).toMatchObject({ state: 'finished', numRestarts: 1 })
  expect(await run.difference()).toBeUndefined()
})
