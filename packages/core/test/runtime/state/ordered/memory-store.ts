import type { OrderedStore, OrderedStoreSnapshot, StoreIterator, StoreWrite } from '../../../../src/spi/ordered-store.ts'

export interface MemoryStoreOptions {
  readonly snapshots: boolean
  /** Writes become visible some turns of the event loop later. */
  readonly late: boolean
  /** Snapshots can be read some turns of the event loop later, in pages of any size. */
  readonly reads?: boolean
}

export interface MemoryStore extends OrderedStore {
  readonly entries: ReadonlyMap<string, Uint8Array>
  failWrites?: Error
  failReads?: Error
  /** Pages that have been read later. */
  readonly pagesRead: number
  /** Of those who read later. */
  readonly iteratorsClosed: number
}

/** An ordered store on a Map, with the liberties that the SPI grants. */
export function memoryStore({ snapshots, late, reads = false }: MemoryStoreOptions): MemoryStore {
  const entries = new Map<string, Uint8Array>()
  let sorted: readonly string[] | undefined
  let scanning = false
  let tail: Promise<void> = Promise.resolve()

  const apply = (batch: readonly StoreWrite[]): void => {
    for (const { key, value } of batch) {
      if (value === undefined) entries.delete(text(key))
      else entries.set(text(key), value)
    }
    sorted = undefined
  }
  function* scan(keys: readonly string[], held: ReadonlyMap<string, Uint8Array>, from: Uint8Array, to: Uint8Array): Generator<readonly [Uint8Array, Uint8Array]> {
    if (scanning) throw new Error('two iterators are open')
    scanning = true
    try {
      const [first, end] = [text(from), text(to)]
      let low = 0
      for (let high = keys.length; low < high; ) {
        const middle = (low + high) >> 1
        if ((keys[middle] as string) < first) low = middle + 1
        else high = middle
      }
      for (let key = keys[low]; key !== undefined && key < end; key = keys[++low]) yield [bytes(key), held.get(key) as Uint8Array]
    } finally {
      scanning = false
    }
  }
  const sortedKeys = (): readonly string[] => (sorted ??= [...entries.keys()].sort())

  const store: MemoryStore & { pagesRead: number; iteratorsClosed: number } = {
    entries,
    pagesRead: 0,
    iteratorsClosed: 0,
    get: (key) => entries.get(text(key)),
    write(batch) {
      if (store.failWrites !== undefined) {
        if (!late) throw store.failWrites
        return Promise.reject(store.failWrites)
      }
      if (!late) {
        apply(batch)
        return undefined
      }
      tail = tail.then(() => new Promise((resolve) => setImmediate(resolve))).then(() => apply(batch))
      return tail
    },
    scan: (from, to) => scan(sortedKeys(), entries, from, to),
    close() {},
  }
  if (!snapshots) return store
  return Object.assign(store, {
    snapshot() {
      const [keys, held] = [sortedKeys(), new Map(entries)]
      const view: OrderedStoreSnapshot = { scan: (from, to) => scan(keys, held, from, to), close() {} }
      if (!reads) return view
      return Object.assign(view, {
        iterate(from: Uint8Array, to: Uint8Array): StoreIterator {
          const all = [...scan(keys, held, from, to)]
          let at = 0
          let reading = false
          let open = true
          return {
            async next(limit) {
              if (reading || !open) throw new Error('read while reading, or after the end')
              reading = true
              for (let turns = store.pagesRead % 3; turns >= 0; turns--) await new Promise((resolve) => setImmediate(resolve))
              reading = false
              if (store.failReads !== undefined) throw store.failReads
              const some = (store.pagesRead++ * 37) % limit
              return all.slice(at, (at += some + 1))
            },
            close() {
              if (!open) throw new Error('closed twice')
              open = false
              store.iteratorsClosed++
            },
          }
        },
      })
    },
  })
}

const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1')
const bytes = (key: string): Uint8Array => new Uint8Array(Buffer.from(key, 'latin1'))
