import type { Counted } from './open-state.ts'

export const KEYS = 1_000_000
const KEY_BYTES = 12
/** A prime, so that all keys are met. */
const STRIDE = 382_117
export const BATCH = 1000

/** The decoder behind `toString('latin1', …)`, without its checks of arguments; not in the published types. */
interface Latin1Bytes {
  latin1Slice(start: number, end: number): string
}

/** Updates before those that are measured: what a load leaves to be done is done then. */
export const warmUpOf = (keys: number): number => keys / 5

/** Which of the keys an update goes to. */
export type Pattern = (random: () => number) => number

export const uniform = (keys: number): Pattern => (random) => Math.floor(random() * keys)
/** 80 % of the updates go to 5 % of the keys. */
export const skewed = (keys: number): Pattern => (random) => (random() < 0.8 ? Math.floor(random() * keys * 0.05) * 20 : Math.floor(random() * keys))

/** The same updates for every variant. Keys are decoded anew for each, as a format does. */
export class KeyedUpdates {
  readonly bytes: Buffer
  readonly #keys: number
  readonly #text: Latin1Bytes
  readonly #indexes: Uint32Array

  /** `count` different updates, which start over after the last. */
  constructor(keys: number, count: number, pattern: Pattern) {
    this.#keys = keys
    this.bytes = Buffer.from(Array.from({ length: keys }, (_, key) => `user-${String(key).padStart(KEY_BYTES - 5, '0')}`).join(''), 'latin1')
    this.#text = this.bytes as Buffer & Latin1Bytes
    let state = 0x2545f491
    const random = (): number => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return (state >>> 0) / 4_294_967_296
    }
    this.#indexes = Uint32Array.from({ length: count }, () => pattern(random))
  }

  /** The key of the update at `index`, as a number. */
  at(index: number): number {
    return this.#indexes[index % this.#indexes.length] as number
  }

  /** The key that is loaded as number `index`: each once, in no order that a store could profit from. */
  loaded(index: number): number {
    return (index * STRIDE) % this.#keys
  }

  key(key: number): string {
    return this.#text.latin1Slice(key * KEY_BYTES, (key + 1) * KEY_BYTES)
  }

  keyBytes(key: number): Uint8Array {
    return new Uint8Array(this.bytes.buffer, this.bytes.byteOffset + key * KEY_BYTES, KEY_BYTES)
  }
}

export function update(value: Counted, index: number): number {
  value.at = index
  value.sum += index % 1000
  return ++value.count
}
