import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { TimerQueue } from '../../../spi/timer-queue.ts'
import { writeTimerEntry } from '../entry-encoding.ts'
import type { EntryReader } from '../entry-encoding.ts'
import { writeTimerRemoval } from '../removal-encoding.ts'
import type { HeapBudget } from './heap-budget.ts'
import type { HeapPart } from './heap-part.ts'
import { groupIndex } from './key-namespace-map.ts'
import type { SnapshotCut } from './snapshot-cut.ts'
import { HeapTimer, TimerBucket } from './timer-bucket.ts'
import { TimestampHeap } from './timestamp-heap.ts'

/** Empty buckets wait for their turn in the heap; beyond this many, and half of all, the heap is built anew. */
const MAX_EMPTY_BUCKETS = 1024

interface GroupList {
  first: HeapTimer | undefined
  last: HeapTimer | undefined
}

/** A bucket per timestamp and a heap of the timestamps: firing a window for 10,000 keys pops the heap once. */
export class HeapTimerQueue implements TimerQueue, HeapPart {
  readonly meta: StateMeta
  timestamp: number = -Infinity
  keyGroup = -1
  key: StateKey = ''
  namespace: Namespace = null
  size: number = 0
  readonly #index: number
  readonly #cut: SnapshotCut
  readonly #budget: HeapBudget
  readonly #buckets = new Map<number, TimerBucket>()
  readonly #timestamps = new TimestampHeap()
  readonly #groups: GroupList[]
  #emptyBuckets = 0

  constructor(meta: StateMeta, index: number, cut: SnapshotCut, budget: HeapBudget) {
    this.meta = meta
    this.#index = index
    this.#cut = cut
    this.#budget = budget
    const length = Math.max(0, cut.range.end - cut.range.start + 1)
    this.#groups = Array.from({ length }, () => ({ first: undefined, last: undefined }))
  }

  add(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    const group = this.#groups[groupIndex(this.#cut.range, keyGroup)] as GroupList
    let bucket = this.#buckets.get(timestamp)
    if (bucket === undefined) {
      bucket = new TimerBucket()
      this.#buckets.set(timestamp, bucket)
      this.#timestamps.push(timestamp)
    } else if (bucket.first === undefined) this.#emptyBuckets--
    else if (bucket.find(key, namespace) !== undefined) return false
    const timer = new HeapTimer(timestamp, keyGroup, key, namespace, this.#cut.created)
    bucket.add(timer)
    timer.previousInGroup = group.last
    if (group.last === undefined) group.first = timer
    else group.last.nextInGroup = timer
    group.last = timer
    this.size++
    this.#budget.added(key, timestamp)
    return true
  }

  remove(timestamp: number, _keyGroup: number, key: StateKey, namespace: Namespace): boolean {
    const bucket = this.#buckets.get(timestamp)
    const timer = bucket?.find(key, namespace)
    if (bucket === undefined || timer === undefined) return false
    this.#take(timer)
    bucket.remove(timer)
    if (bucket.first === undefined && ++this.#emptyBuckets > MAX_EMPTY_BUCKETS && this.#emptyBuckets * 2 > this.#buckets.size) this.#rebuild()
    return true
  }

  peek(): number {
    for (;;) {
      const timestamp = this.#timestamps.peek()
      const bucket = this.#buckets.get(timestamp)
      if (bucket === undefined) return Infinity
      if (bucket.first !== undefined) return timestamp
      this.#buckets.delete(timestamp)
      this.#timestamps.pop()
      this.#emptyBuckets--
    }
  }

  poll(upTo: number): boolean {
    const timestamp = this.peek()
    if (timestamp > upTo) return false
    const bucket = this.#buckets.get(timestamp)
    const timer = bucket?.first
    if (bucket === undefined || timer === undefined) return false
    this.#take(timer)
    bucket.fire(timer)
    if (bucket.first === undefined) this.#emptyBuckets++
    this.timestamp = timestamp
    this.keyGroup = timer.keyGroup
    this.key = timer.key
    this.namespace = timer.namespace
    return true
  }

  *walk(keyGroup: number): Generator<void> {
    // a timer removed meanwhile has been written, and keeps its links to those that were before and behind it
    for (let timer = yield* this.#firstSinceBase(keyGroup); timer !== undefined; timer = timer.nextInGroup) {
      if (this.#cut.epochs.needs(timer.epoch)) this.#write(timer)
      if (this.#cut.endsSlice()) yield
    }
  }

  load(keyGroup: number, reader: EntryReader): void {
    const timestamp = reader.readTimestamp()
    const key = reader.readKey()
    this.add(timestamp, keyGroup, key, reader.readNamespace())
  }

  /** The oldest that a snapshot of changes may need: timers never change, and are linked in the order of their registration. */
  *#firstSinceBase(keyGroup: number): Generator<void, HeapTimer | undefined> {
    const { base } = this.#cut.epochs
    const group = this.#group(keyGroup)
    if (base === -Infinity) return group?.first
    let timer = group?.last
    while (timer?.previousInGroup !== undefined && timer.previousInGroup.epoch > base) {
      timer = timer.previousInGroup
      if (this.#cut.endsSlice()) yield
    }
    return timer
  }

  #group(keyGroup: number): GroupList | undefined {
    return this.#groups[keyGroup - this.#cut.range.start]
  }

  /** Takes a timer out of everything but its bucket. */
  #take(timer: HeapTimer): void {
    const { active, epochs, tracksChanges, created, removals } = this.#cut
    if (active && epochs.needs(timer.epoch)) this.#write(timer)
    if (tracksChanges && timer.epoch !== created) writeTimerRemoval(removals.output(timer.keyGroup), this.#index, timer.timestamp, timer.key, timer.namespace)
    const group = this.#group(timer.keyGroup) as GroupList
    if (timer.previousInGroup === undefined) group.first = timer.nextInGroup
    else timer.previousInGroup.nextInGroup = timer.nextInGroup
    if (timer.nextInGroup === undefined) group.last = timer.previousInGroup
    else timer.nextInGroup.previousInGroup = timer.previousInGroup
    this.size--
    this.#budget.entries--
  }

  #rebuild(): void {
    this.#timestamps.clear()
    this.#emptyBuckets = 0
    for (const [timestamp, bucket] of this.#buckets) {
      if (bucket.first === undefined) this.#buckets.delete(timestamp)
      else this.#timestamps.push(timestamp)
    }
  }

  #write(timer: HeapTimer): void {
    writeTimerEntry(this.#cut.output(timer.keyGroup), this.#index, timer.timestamp, timer.key, timer.namespace)
    timer.epoch = this.#cut.epochs.written
  }
}
