import { BATCH_ROWS, type ShuffleRow, shuffleRows } from './shuffle-rows.ts'
import type { ShuffleVariant } from './shuffle-variant.ts'

const CAPACITY = 256 * 1024
const HEADER_BYTES = 192
/** Words of the header, on cache lines of their own. */
const WRITE = 0
const READ = 16
const FRAME_HEADER_BYTES = 8
/** In place of a length: nothing more until the end of the memory. */
const SKIP = -1
const END = -2
/** The longest row: four doubles and a key with its length. */
const MAX_ROW_BYTES = 4 * 8 + 1 + 30

interface Ring {
  readonly words: Int32Array
  readonly view: DataView
  readonly bytes: Uint8Array
}

function open(shared: unknown): Ring {
  const memory = shared as SharedArrayBuffer
  return { words: new Int32Array(memory, 0, HEADER_BYTES / 4), view: new DataView(memory, HEADER_BYTES), bytes: new Uint8Array(memory, HEADER_BYTES) }
}

/**
 * What one would write by hand for these rows alone: rows are written into shared memory field by field and read from there,
 * a frame for each batch, none over the end of the memory. No checks, no control elements, and threads that block.
 */
export function bareRingShuffle(): ShuffleVariant {
  return {
    share: () => new SharedArrayBuffer(HEADER_BYTES + CAPACITY),
    produce(shared, records) {
      const ring = open(shared)
      const rowAt = shuffleRows()
      let write = 0
      for (let index = 0; index < records; ) {
        write = reserve(ring, write, FRAME_HEADER_BYTES + BATCH_ROWS * MAX_ROW_BYTES)
        const start = write % CAPACITY
        const end = Math.min(records, index + BATCH_ROWS)
        ring.view.setInt32(start + 4, end - index, true)
        let at = start + FRAME_HEADER_BYTES
        for (; index < end; index++) at = writeRow(ring, at, rowAt(index))
        ring.view.setInt32(start, at - start, true)
        write += (at - start + 3) & ~3
        publish(ring, WRITE, write)
      }
      write = reserve(ring, write, FRAME_HEADER_BYTES)
      ring.view.setInt32(write % CAPACITY, END, true)
      publish(ring, WRITE, write + FRAME_HEADER_BYTES)
    },
    async consume(shared, digest) {
      const ring = open(shared)
      let read = 0
      for (;;) {
        Atomics.wait(ring.words, WRITE, read)
        const start = read % CAPACITY
        const length = ring.view.getInt32(start, true)
        if (length === END) return
        if (length === SKIP) {
          read += CAPACITY - start
        } else {
          const count = ring.view.getInt32(start + 4, true)
          let at = start + FRAME_HEADER_BYTES
          for (let row = 0; row < count; row++) {
            const length8 = ring.bytes[at + 32] as number
            digest.take(readRow(ring, at, length8), ring.view.getFloat64(at + 24, true))
            at += 33 + length8
          }
          read += (length + 3) & ~3
        }
        publish(ring, READ, read)
      }
    },
  }
}

function publish(ring: Ring, word: number, position: number): void {
  Atomics.store(ring.words, word, position)
  Atomics.notify(ring.words, word)
}

/** Waits until `bytes` in one piece are free; returns where they begin. */
function reserve(ring: Ring, write: number, bytes: number): number {
  let at = write
  const untilEnd = CAPACITY - (at % CAPACITY)
  if (untilEnd < bytes) {
    waitForFree(ring, at, untilEnd)
    ring.view.setInt32(at % CAPACITY, SKIP, true)
    at += untilEnd
    publish(ring, WRITE, at)
  }
  waitForFree(ring, at, bytes)
  return at
}

function waitForFree(ring: Ring, write: number, bytes: number): void {
  for (;;) {
    const read = Atomics.load(ring.words, READ)
    if (CAPACITY - (write - read) >= bytes) return
    Atomics.wait(ring.words, READ, read)
  }
}

function writeRow({ view, bytes }: Ring, at: number, row: ShuffleRow): number {
  const { key } = row
  view.setFloat64(at, row.id, true)
  view.setFloat64(at + 8, row.value, true)
  view.setFloat64(at + 16, row.time, true)
  view.setFloat64(at + 24, row.time, true)
  bytes[at + 32] = key.length
  for (let index = 0; index < key.length; index++) bytes[at + 33 + index] = key.charCodeAt(index)
  return at + 33 + key.length
}

function readRow({ view, bytes: b }: Ring, at: number, length: number): ShuffleRow {
  const k = at + 33
  if (length !== 10) throw new Error('keys of this case have ten characters')
  const key = String.fromCharCode(
    ...([b[k], b[k + 1], b[k + 2], b[k + 3], b[k + 4], b[k + 5], b[k + 6], b[k + 7], b[k + 8], b[k + 9]] as [number, number, number, number, number, number, number, number, number, number]),
  )
  return { id: view.getFloat64(at, true), key, value: view.getFloat64(at + 8, true), time: view.getFloat64(at + 16, true) }
}
