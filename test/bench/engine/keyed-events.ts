/** One record of the keyed cases. */
export interface KeyedEvent {
  readonly key: string
  /** Event time in epoch milliseconds. */
  readonly timestamp: number
  readonly amount: number
}

export const KEYS = 10_000
export const OUT_OF_ORDER_MS = 500
/** Records per millisecond of event time: ten per key and ten-second window. */
export const SPARSE = 10
/** A hundred per key and ten-second window, ten per key and second. */
export const DENSE = 100
const EPOCH_MS = 1_700_000_000_000
const KEY_BYTES = 10

/** The decoder behind `toString('latin1', …)`, without its checks of arguments; not in the published types. */
interface Latin1Bytes {
  latin1Slice(start: number, end: number): string
}

/**
 * The same records for every variant: random keys, `recordsPerMs` of them per millisecond of event time, each up to OUT_OF_ORDER_MS
 * late. Every read decodes a new key string from bytes, as a format does: its hash is not known yet, and it is not the
 * object that a Map holds.
 */
export class KeyedEvents {
  readonly length: number
  readonly #keys: Latin1Bytes
  readonly #offsets: Uint32Array
  readonly #timestamps: Float64Array
  readonly #amounts: Uint16Array

  constructor(length: number, recordsPerMs: number = SPARSE) {
    this.length = length
    const keys = Array.from({ length: KEYS }, (_, key) => `user-${String(key).padStart(KEY_BYTES - 5, '0')}`)
    this.#keys = Buffer.from(keys.join(''), 'latin1') as Buffer & Latin1Bytes
    this.#offsets = new Uint32Array(length)
    this.#timestamps = new Float64Array(length)
    this.#amounts = new Uint16Array(length)
    let random = 0x2545f491
    const below = (bound: number): number => {
      random ^= random << 13
      random ^= random >>> 17
      random ^= random << 5
      return (random >>> 0) % bound
    }
    for (let index = 0; index < length; index++) {
      this.#offsets[index] = below(KEYS) * KEY_BYTES
      this.#timestamps[index] = EPOCH_MS + Math.floor(index / recordsPerMs) - below(OUT_OF_ORDER_MS + 1)
      this.#amounts[index] = below(1000)
    }
  }

  read(index: number): KeyedEvent {
    const offset = this.#offsets[index] as number
    return {
      key: this.#keys.latin1Slice(offset, offset + KEY_BYTES),
      timestamp: this.#timestamps[index] as number,
      amount: this.#amounts[index] as number,
    }
  }
}
