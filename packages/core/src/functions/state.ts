/** State of the current key. What it returns is read-only: change it through the state. */
export interface ValueState<T> {
  value(): Readonly<T> | undefined
  update(value: T): void
  clear(): void
}

export interface ListState<T> {
  get(): readonly T[]
  add(value: T): void
  addAll(values: readonly T[]): void
  /** Replaces everything; an empty array clears. */
  update(values: readonly T[]): void
  clear(): void
}

export interface MapState<K, V> {
  get(key: K): Readonly<V> | undefined
  put(key: K, value: V): void
  has(key: K): boolean
  remove(key: K): void
  isEmpty(): boolean
  entries(): Iterable<readonly [K, Readonly<V>]>
  keys(): Iterable<K>
  values(): Iterable<Readonly<V>>
  clear(): void
}

export interface ReducingState<T> {
  get(): Readonly<T> | undefined
  add(value: T): void
  clear(): void
}

export interface AggregatingState<in T, out R> {
  get(): R | undefined
  add(value: T): void
  clear(): void
}
