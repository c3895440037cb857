import type { OrderedStoreSnapshot, StoreEntry } from '../../../spi/ordered-store.ts'

/** Entries read on another thread at once: large enough to make up for the way there, small enough to be taken in within a slice. */
const AHEAD_ENTRIES = 1000

/** Entries of a store's snapshot that are being read while the task works. */
export class ReadAhead {
  /** Never rejects. */
  readonly settled: Promise<void>
  #entries: readonly StoreEntry[] | undefined
  #failure: { readonly error: unknown } | undefined

  constructor(entries: Promise<readonly StoreEntry[]>) {
    this.settled = entries.then(
      (read) => {
        this.#entries = read
      },
      (error: unknown) => {
        this.#failure = { error }
      },
    )
  }

  /** What was read, none at the end of the range; undefined until it is there. Throws what reading it failed with. */
  take(): readonly StoreEntry[] | undefined {
    if (this.#failure !== undefined) throw this.#failure.error
    return this.#entries
  }
}

/** Undefined for a store that reads on the task's thread only. */
export function readAhead(snapshot: OrderedStoreSnapshot, from: Uint8Array, to: Uint8Array): ReadAhead | undefined {
  if (snapshot.read === undefined) return undefined
  return new ReadAhead(snapshot.read(from, to, AHEAD_ENTRIES))
}
