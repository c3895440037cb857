import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { TimerQueue } from '../../../spi/timer-queue.ts'
import type { CachedTable } from './cached-table.ts'
import { EntryScan } from './entry-scan.ts'
import { TimerHead } from './timer-head.ts'

/** Timers of the head; twice as many before it is cut back. */
const HEAD_TIMERS = 32_768
/** Read of a key group to fill the head, at least. */
const MIN_READ = 64

interface StoredTimer {
  readonly timestamp: number
  readonly keyGroup: number
  readonly key: StateKey
  readonly namespace: Namespace
  readonly order: number
}

/**
 * Timers as entries, by key group and then timestamp; the value counts registrations, which is the order among timers of
 * one timestamp. All up to `#horizon` are in memory as well, so that finding the next one reads nothing.
 */
export class OrderedTimerQueue implements TimerQueue {
  timestamp: number = -Infinity
  keyGroup = -1
  key: StateKey = ''
  namespace: Namespace = null
  size: number
  readonly cached: CachedTable
  #head = new TimerHead()
  #horizon: number
  #maxHead = 2 * HEAD_TIMERS
  #added: number

  /** `restored`: how many timers the store has, whose values are below that number. */
  constructor(cached: CachedTable, restored: number) {
    this.cached = cached
    this.size = restored
    this.#added = restored
    this.#horizon = restored === 0 ? Infinity : -Infinity
  }

  add(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    const entry = this.cached.entry(keyGroup, key, namespace, timestamp)
    if (entry.value !== undefined) return false
    this.cached.cache.touch(entry)
    entry.value = this.#added++
    this.size++
    if (timestamp <= this.#horizon) {
      this.#head.add(timestamp, keyGroup, key, namespace)
      if (this.#head.size > this.#maxHead) this.#cutBack()
    }
    return true
  }

  remove(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    const entry = this.cached.entry(keyGroup, key, namespace, timestamp)
    if (entry.value === undefined) return false
    this.cached.clear(entry)
    this.size--
    if (timestamp <= this.#horizon) this.#head.remove(timestamp, key, namespace)
    return true
  }

  peek(): number {
    return this.#first()?.timestamp ?? Infinity
  }

  poll(upTo: number): boolean {
    const timer = this.#first()
    if (timer === undefined || timer.timestamp > upTo) return false
    this.#head.fire(timer)
    this.size--
    this.timestamp = timer.timestamp
    this.keyGroup = timer.keyGroup
    this.key = timer.key
    this.namespace = timer.namespace
    this.cached.remove(timer.keyGroup, timer.key, timer.namespace, timer.timestamp)
    return true
  }

  #first(): ReturnType<TimerHead['peek']> {
    if (this.#head.size === 0 && this.size > 0) this.#fill()
    return this.#head.peek()
  }

  #cutBack(): void {
    this.#horizon = this.#head.shrink(HEAD_TIMERS)
    // one timestamp may have more than fit, and stays whole
    this.#maxHead = HEAD_TIMERS + Math.max(HEAD_TIMERS, this.#head.size)
  }

  /** Reads the earliest timers of every key group, up to where all of them have been read. */
  #fill(): void {
    const { start, end } = this.cached.range
    const perGroup = Math.max(MIN_READ, Math.floor(HEAD_TIMERS / (end - start + 1)))
    const read: StoredTimer[] = []
    this.#horizon = Infinity
    for (let keyGroup = start; keyGroup <= end; keyGroup++) this.#horizon = Math.min(this.#horizon, this.#readEarliest(keyGroup, perGroup, read))
    const due = read.filter(({ timestamp }) => timestamp <= this.#horizon).sort((a, b) => a.timestamp - b.timestamp || a.order - b.order)
    this.#head = new TimerHead()
    for (const { timestamp, keyGroup, key, namespace } of due) this.#head.add(timestamp, keyGroup, key, namespace)
  }

  /** At least `count` timers, whole timestamps. Returns the last timestamp read. */
  #readEarliest(keyGroup: number, count: number, into: StoredTimer[]): number {
    const { cached } = this
    const scan = new EntryScan(cached, keyGroup, cached.prefix(keyGroup), () => cached.dirty(keyGroup))
    let last = -Infinity
    for (let left = count; scan.next(); left--) {
      const timestamp = scan.userKey as number
      if (left <= 0 && timestamp > last) return last
      into.push({ timestamp, keyGroup, key: scan.key, namespace: scan.namespace, order: scan.value as number })
      last = timestamp
    }
    return Infinity
  }
}
