import { describeError, MillraceError } from '../../../errors.ts'
import type { OrderedStore, OrderedStoreSnapshot, StoreWrite } from '../../../spi/ordered-store.ts'
import { after, byteString, compareBytes, endOf } from './byte-order.ts'
import { PREFIX_BYTES } from './entry-layout.ts'
import { ReadAhead } from './read-ahead.ts'
import { NOTHING_NEWER, readPage } from './store-page.ts'
import type { NewerEntries, StorePage } from './store-page.ts'

type Batch = readonly StoreWrite[]

/** Writes under way, in their order. */
class Flight {
  readonly number: number
  readonly batch: Batch
  #byPrefix: Map<number, StoreWrite[]> | undefined

  constructor(number: number, batch: Batch) {
    this.number = number
    this.batch = batch
  }

  /** Those of a table and key group; sorted by them when the first is asked for, since most flights land before. */
  of(prefix: number): readonly StoreWrite[] {
    this.#byPrefix ??= Map.groupBy(this.batch, ({ key }) => prefixOf(key))
    return this.#byPrefix.get(prefix) ?? []
  }
}

/** Writes under way that make the cache wait with more. */
const MAX_UNSETTLED_BATCHES = 4

const NOTHING: StorePage = { entries: [], next: undefined }
const EMPTY: Pick<OrderedStoreSnapshot, 'scan'> = { scan: () => [] }

/** A store's content at a barrier, but for what never got there. */
export interface StoreView {
  get(key: Uint8Array): Uint8Array | undefined
  page(newer: NewerEntries, from: Uint8Array, to: Uint8Array, limit: number): StorePage
  /** Reads on another thread; undefined where the store cannot. */
  readAhead(from: Uint8Array, to: Uint8Array): ReadAhead | undefined
  /** Writes that were under way at the barrier. */
  readonly unsettled: readonly Batch[]
  /** The view reads the store as it is now: who writes must keep what was there. */
  readonly live: boolean
  close(): void
}

/**
 * An ordered store whose writes may take their time: until one is settled, reads are answered with it. What is read in one
 * go lies in one table and key group, so unsettled writes are found by that prefix; single ones are not looked for by `get`, since
 * the cache holds on to entries until their write is settled.
 */
export class WriteBehindStore {
  /** Moves on with every write: what was read before may be old. */
  generation = 0
  readonly #store: OrderedStore
  readonly #operatorUid: string
  #flights: Flight[] = []
  #lastFlight = 0
  #lastUncached = 0
  /** Tables and key groups that the store has ever been given something of: it need not be asked about others. */
  readonly #written = new Set<number>()
  #settled: Promise<void> = Promise.resolve()
  #failure: MillraceError | undefined

  constructor(store: OrderedStore, operatorUid: string) {
    this.#store = store
    this.#operatorUid = operatorUid
  }

  /** More writes should wait for those under way. */
  get saturated(): boolean {
    return this.#flights.length >= MAX_UNSETTLED_BATCHES
  }

  /** Entries of all writes under way. */
  get unsettledWrites(): number {
    let count = 0
    for (const { batch } of this.#flights) count += batch.length
    return count
  }

  /** All flights up to this number are settled. */
  get settledFlights(): number {
    return (this.#flights[0]?.number ?? this.#lastFlight + 1) - 1
  }

  /** Of a key that the cache has no write under way for. Throws STATE_STORE_FAILED, like all that follows. */
  get(key: Uint8Array): Uint8Array | undefined {
    return this.#lastUncached > this.settledFlights ? this.latest(key) : this.#read(key)
  }

  /** Of any key. */
  latest(key: Uint8Array): Uint8Array | undefined {
    const prefix = prefixOf(key)
    for (const flight of this.#flights.toReversed()) {
      const write = flight.of(prefix).findLast((each) => compareBytes(each.key, key) === 0)
      if (write !== undefined) return write.value
    }
    return this.#read(key)
  }

  /** As `write`, for entries that the cache does not hold meanwhile. */
  writeUncached(batch: Batch): void {
    this.#lastUncached = this.write(batch)
  }

  /** Returns the number of the flight. */
  write(batch: Batch): number {
    this.#requireSound()
    this.generation++
    for (const { key } of batch) this.#written.add(prefixOf(key))
    const written = this.#attempt('write', () => this.#store.write(batch))
    const number = ++this.#lastFlight
    if (written === undefined) return number
    const flight = new Flight(number, batch)
    this.#flights.push(flight)
    const settle = written.then(
      () => {
        this.#flights = this.#flights.filter((each) => each !== flight)
      },
      (error: unknown) => {
        this.#failure ??= this.#failed('write', error)
      },
    )
    this.#settled = Promise.all([this.#settled, settle]).then(() => {})
    return number
  }

  /** Waits for all writes under way. */
  async settled(): Promise<void> {
    await this.#settled
    this.#requireSound()
  }

  /** Entries that begin with `prefix`, a table and key group at least, from `from` on. */
  page(prefix: Uint8Array, from: Uint8Array, limit: number): StorePage {
    this.#requireSound()
    if (!this.#written.has(prefixOf(prefix))) return NOTHING
    const newer = this.#flights.length === 0 ? NOTHING_NEWER : this.#newer(prefix)
    return this.#attempt('scan', () => readPage(this.#store, newer, from, endOf(prefix), limit))
  }

  view(): StoreView {
    this.#requireSound()
    const snapshot = this.#attempt('snapshot', () => this.#store.snapshot?.())
    const written = this.#written
    const source: Pick<OrderedStoreSnapshot, 'scan'> = snapshot ?? this.#store
    const read = snapshot === undefined ? (key: Uint8Array) => this.#store.get(key) : (key: Uint8Array) => (snapshot.get === undefined ? firstOf(snapshot.scan(key, after(key))) : snapshot.get(key))
    const readers: ReadAhead[] = []
    return {
      get: (key) => (written.has(prefixOf(key)) ? this.#attempt('read', () => read(key)) : undefined),
      page: (newer, from, to, limit) => this.#attempt('scan', () => readPage(written.has(prefixOf(from)) ? source : EMPTY, newer, from, to, limit)),
      readAhead: (from, to) => {
        const iterator = this.#attempt('iterate', () => snapshot?.iterate?.(from, to))
        if (iterator === undefined) return undefined
        const reader = new ReadAhead(iterator, (error) => this.#failed('iterate', error))
        readers.push(reader)
        return reader
      },
      unsettled: this.#flights.map(({ batch }) => batch),
      live: snapshot === undefined,
      close: () => {
        for (const reader of readers) reader.close()
        snapshot?.close()
      },
    }
  }

  async close(): Promise<void> {
    await this.#settled
    await this.#store.close()
  }

  #read(key: Uint8Array): Uint8Array | undefined {
    this.#requireSound()
    if (!this.#written.has(prefixOf(key))) return undefined
    return this.#attempt('read', () => this.#store.get(key))
  }

  #newer(prefix: Uint8Array): NewerEntries {
    const newest = new Map<string, Uint8Array | undefined>()
    for (const flight of this.#flights) {
      for (const { key, value } of flight.of(prefixOf(prefix))) if (beginsWith(key, prefix)) newest.set(byteString(key), value)
    }
    return { keys: [...newest.keys()].sort(), value: (key) => newest.get(key) }
  }

  #requireSound(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  #attempt<T>(what: string, action: () => T): T {
    try {
      return action()
    } catch (error) {
      throw this.#failed(what, error)
    }
  }

  #failed(what: string, error: unknown): MillraceError {
    if (MillraceError.is(error)) return error
    return new MillraceError('STATE_STORE_FAILED', `The store of keyed state cannot ${what}: ${describeError(error)}. Its files hold working state only; the job restores from its last checkpoint`, {
      origin: 'external',
      retryable: true,
      at: { uid: this.#operatorUid },
      cause: error,
    })
  }
}

/** Table and key group of a store key, as a number. */
export function prefixOf(key: Uint8Array): number {
  return ((key[0] as number) << 24) | ((key[1] as number) << 16) | ((key[2] as number) << 8) | (key[3] as number)
}

function firstOf(entries: Iterable<readonly [key: Uint8Array, value: Uint8Array]>): Uint8Array | undefined {
  for (const [, value] of entries) return value
  return undefined
}

function beginsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  for (let index = PREFIX_BYTES; index < prefix.length; index++) if (key[index] !== prefix[index]) return false
  return true
}
