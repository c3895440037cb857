import type { Namespace, StateKey } from './keyed-state-backend.ts'

/** Timers of one operator and time domain, deduplicated per (key, namespace, timestamp), part of every snapshot. */
export interface TimerQueue {
  /** False if there was one already. */
  add(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): boolean
  /** True if there was one. */
  remove(timestamp: number, keyGroup: number, key: StateKey, namespace: Namespace): boolean
  /** Timestamp of the earliest timer; Infinity when empty. */
  peek(): number
  /** Removes one timer with timestamp ≤ `upTo`, earliest first, and leaves its parts in the fields below; false if none. */
  poll(upTo: number): boolean
  readonly timestamp: number
  readonly keyGroup: number
  readonly key: StateKey
  readonly namespace: Namespace
  readonly size: number
}
