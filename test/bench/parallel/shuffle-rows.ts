/** What the shuffle cases move: a number, a string as a key, a fraction, a time. */
export interface ShuffleRow {
  readonly id: number
  readonly key: string
  readonly value: number
  readonly time: number
}

/** Rows made ahead, a power of two of them, taken in turn: what is measured is the way between the threads. */
const ROWS = 2 ** 14
const KEYS = 10_000
const EPOCH_MS = 1_700_000_000_000
/** Rows that are handed over together. */
export const BATCH_ROWS = 1024

/** The rows of the cases; row i of a run is row i modulo their number. */
export function shuffleRows(): (index: number) => ShuffleRow {
  let random = 0x2545f491
  const rows = Array.from({ length: ROWS }, (_, id): ShuffleRow => {
    random ^= random << 13
    random ^= random >>> 17
    random ^= random << 5
    const bits = random >>> 0
    return { id, key: `user-${String(bits % KEYS).padStart(5, '0')}`, value: bits / 7, time: EPOCH_MS + id * 10 + (bits % 10) }
  })
  return (index) => rows[index & (ROWS - 1)] as ShuffleRow
}

/** What arrived: the same for all variants. Reads every field and keeps the last row, so that none can be optimised away. */
export class ShuffleDigest {
  rows = 0
  digest = 0
  last: ShuffleRow | undefined

  take(row: ShuffleRow, timestamp: number): void {
    this.rows++
    this.last = row
    this.digest = (this.digest + row.id + row.key.charCodeAt(9) * row.key.length + Math.floor(row.value) + row.time + timestamp) % 9_007_199_254_000_001
  }
}
