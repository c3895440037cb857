import type { OrderedStore, StoreWrite } from '../../../../src/spi/ordered-store.ts'

export interface MemoryStoreOptions {
  readonly snapshots: boolean
  /** Writes become visible some turns of the event loop later. */
  readonly late: boolean
}

/** An ordered store on a Map, with the liberties that the SPI grants. */
export function memoryStore({ snapshots, late }: MemoryStoreOptions): OrderedStore & { readonly entries: ReadonlyMap<string, Uint8Array>; failWrites?: Error } {
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

  const store: OrderedStore & { readonly entries: ReadonlyMap<string, Uint8Array>; failWrites?: Error } = {
    entries,
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
      return { scan: (from: Uint8Array, to: Uint8Array) => scan(keys, held, from, to), close() {} }
    },
  })
}

const text = (key: Uint8Array): string => Buffer.from(key).toString('latin1')
const bytes = (key: string): Uint8Array => new Uint8Array(Buffer.from(key, 'latin1'))
