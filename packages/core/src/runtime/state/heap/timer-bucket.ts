import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'

/** Above this many timers a bucket gets an index; below, looking through them is cheaper. */
const INDEX_ABOVE = 8

/** One timer, linked into its bucket (order of firing) and into its key group (order of snapshots). */
export class HeapTimer {
  readonly timestamp: number
  readonly keyGroup: number
  readonly key: StateKey
  readonly namespace: Namespace
  /** Of its registration, or of the snapshot that has it; see ChangeEpochs. */
  epoch: number
  /** It may still be in the index of its bucket. */
  fired = false
  previous: HeapTimer | undefined
  next: HeapTimer | undefined
  previousInGroup: HeapTimer | undefined
  nextInGroup: HeapTimer | undefined
  /** Another timer of the same bucket and key, in another namespace. */
  nextOfKey: HeapTimer | undefined

  constructor(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace, epoch: number) {
    this.timestamp = timestamp
    this.keyGroup = keyGroup
    this.key = key
    this.namespace = namespace
    this.epoch = epoch
  }
}

/** The timers of one timestamp in the order they were registered, one per (key, namespace). */
export class TimerBucket {
  first: HeapTimer | undefined
  #last: HeapTimer | undefined
  #size = 0
  #byKey: Map<StateKey, HeapTimer> | undefined

  find(key: StateKey, namespace: Namespace): HeapTimer | undefined {
    if (this.#byKey !== undefined) {
      let timer = this.#byKey.get(key)
      while (timer !== undefined && (timer.namespace !== namespace || timer.fired)) timer = timer.nextOfKey
      return timer
    }
    let timer = this.first
    // not ===, which does not find NaN
    while (timer !== undefined && (timer.namespace !== namespace || !Object.is(timer.key, key))) timer = timer.next
    return timer
  }

  add(timer: HeapTimer): void {
    timer.previous = this.#last
    if (this.#last === undefined) this.first = timer
    else this.#last.next = timer
    this.#last = timer
    this.#size++
    if (this.#byKey !== undefined) this.#index(this.#byKey, timer)
    else if (this.#size > INDEX_ABOVE) this.#buildIndex()
  }

  remove(timer: HeapTimer): void {
    this.#unlink(timer)
    if (this.#byKey !== undefined) this.#unindex(this.#byKey, timer)
  }

  /** Removes the first timer. Buckets are mostly fired to their end, so the index is dropped then and not emptied one by one. */
  fire(timer: HeapTimer): void {
    this.#unlink(timer)
    timer.fired = true
    if (this.#size === 0) this.#byKey = undefined
  }

  #unlink(timer: HeapTimer): void {
    if (timer.previous === undefined) this.first = timer.next
    else timer.previous.next = timer.next
    if (timer.next === undefined) this.#last = timer.previous
    else timer.next.previous = timer.previous
    this.#size--
  }

  #buildIndex(): void {
    const byKey = new Map<StateKey, HeapTimer>()
    for (let timer = this.first; timer !== undefined; timer = timer.next) this.#index(byKey, timer)
    this.#byKey = byKey
  }

  #index(byKey: Map<StateKey, HeapTimer>, timer: HeapTimer): void {
    let others = byKey.get(timer.key)
    while (others?.fired === true) others = others.nextOfKey
    timer.nextOfKey = others
    byKey.set(timer.key, timer)
  }

  #unindex(byKey: Map<StateKey, HeapTimer>, timer: HeapTimer): void {
    const head = byKey.get(timer.key)
    if (head !== timer) {
      let before = head
      while (before !== undefined && before.nextOfKey !== timer) before = before.nextOfKey
      if (before !== undefined) before.nextOfKey = timer.nextOfKey
    } else if (timer.nextOfKey === undefined) byKey.delete(timer.key)
    else byKey.set(timer.key, timer.nextOfKey)
  }
}
