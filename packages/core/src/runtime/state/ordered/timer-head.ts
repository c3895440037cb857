import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import { HeapTimer, TimerBucket } from '../heap/timer-bucket.ts'
import { TimestampHeap } from '../heap/timestamp-heap.ts'

/** The earliest timers of a queue in memory, in the order in which they fire: a bucket per timestamp. */
export class TimerHead {
  size = 0
  readonly #buckets = new Map<number, TimerBucket>()
  readonly #timestamps = new TimestampHeap()

  /** Behind those of the same timestamp. */
  add(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): void {
    let bucket = this.#buckets.get(timestamp)
    if (bucket === undefined) {
      bucket = new TimerBucket()
      this.#buckets.set(timestamp, bucket)
      this.#timestamps.push(timestamp)
    }
    bucket.add(new HeapTimer(timestamp, keyGroup, key, namespace, 0))
    this.size++
  }

  remove(timestamp: number, key: StateKey, namespace: Namespace): void {
    const bucket = this.#buckets.get(timestamp)
    const timer = bucket?.find(key, namespace)
    if (bucket === undefined || timer === undefined) return
    bucket.remove(timer)
    this.size--
  }

  /** Takes out the timer that `peek` returned. */
  fire(timer: HeapTimer): void {
    this.#buckets.get(timer.timestamp)?.fire(timer)
    this.size--
  }

  peek(): HeapTimer | undefined {
    for (;;) {
      const timestamp = this.#timestamps.peek()
      const bucket = this.#buckets.get(timestamp)
      if (bucket === undefined) return undefined
      if (bucket.first !== undefined) return bucket.first
      this.#buckets.delete(timestamp)
      this.#timestamps.pop()
    }
  }

  /** Forgets the latest timers, whole timestamps at a time, so that about `size` are left. Returns the last timestamp kept. */
  shrink(size: number): number {
    const timestamps = [...this.#buckets.keys()].sort((a, b) => a - b)
    this.#timestamps.clear()
    this.size = 0
    let last = -Infinity
    for (const timestamp of timestamps) {
      const first = this.#buckets.get(timestamp)?.first
      if (first === undefined || this.size >= size) this.#buckets.delete(timestamp)
      else {
        this.#timestamps.push(timestamp)
        for (let timer: HeapTimer | undefined = first; timer !== undefined; timer = timer.next) this.size++
        last = timestamp
      }
    }
    return last
  }
}
