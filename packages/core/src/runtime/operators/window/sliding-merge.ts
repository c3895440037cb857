import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { WindowContents } from './window-contents.ts'

type Merging = Required<Pick<WindowContents, 'copy' | 'merge'>>

/** What the current and the coming windows have of one key. */
interface Running {
  readonly keyGroup: number
  readonly key: StateKey
  /** `suffixes[i]` covers `slices[i]` up to the middle; the earliest slice is last. */
  readonly slices: number[]
  readonly suffixes: unknown[]
  /** Covers the slices after the middle; undefined for none. */
  back: unknown
  /** `back` is not a slice's own accumulator in state: it may be changed. */
  ownsBack: boolean
}

/**
 * Merges the slices of one window after another with about three merges per key and window, however many slices a window
 * has: the two-stacks technique (Tangwongsan, Hirzel, Schneider: Low-Latency Sliding-Window Aggregation in Worst-Case
 * Constant Time, DEBS 2017), per key. Slices up to a middle are held as suffix merges, so that the oldest can be left out;
 * later ones as one running merge. When the middle is left behind, everything becomes suffix merges again.
 *
 * Derived from state and not part of it: at most one accumulator more per entry of the slices. Slices that were included
 * must not change: say so with `invalidate` before they do.
 */
export class SlidingMerge {
  readonly #table: StateTable<unknown>
  readonly #contents: Merging
  readonly #byKey = new Map<StateKey, Running>()
  /** The same in a list: walking a Map costs an object per step. A cursor goes on with the list it began with. */
  #keys: Running[] = []
  /** The last slice in front, and the last one included at all. */
  #middle = -Infinity
  #last = -Infinity
  #start = -Infinity

  constructor(table: StateTable<unknown>, contents: Merging) {
    this.#table = table
    this.#contents = contents
  }

  /** A slice is about to change. */
  invalidate(slice: number): void {
    if (slice > this.#last) return
    this.#clear()
    this.#middle = this.#last = -Infinity
  }

  /** The keys of a window that has `slices` (ascending), each with its merged accumulator, which is read-only. Windows ascend. */
  rows(slices: readonly number[]): NamespaceCursor<unknown> {
    this.#start = slices[0] as number
    if (this.#start > this.#middle) this.#refill(slices)
    else for (const slice of slices) if (slice > this.#last) this.#append(slice)
    this.#last = slices.at(-1) as number
    return this.#cursor()
  }

  #clear(): void {
    this.#byKey.clear()
    this.#keys = []
  }

  #refill(slices: readonly number[]): void {
    const { copy, merge } = this.#contents
    this.#clear()
    for (const slice of slices.toReversed()) {
      for (const [keyGroup, key, value] of this.#table.scan(slice)) {
        const running = this.#byKey.get(key)
        if (running === undefined) {
          this.#add({ keyGroup, key, slices: [slice], suffixes: [value], back: undefined, ownsBack: false })
        } else {
          running.suffixes.push(merge(copy(value), running.suffixes[running.suffixes.length - 1]))
          running.slices.push(slice)
        }
      }
    }
    this.#middle = slices.at(-1) as number
  }

  #append(slice: number): void {
    const { copy, merge } = this.#contents
    for (const [keyGroup, key, value] of this.#table.scan(slice)) {
      const running = this.#byKey.get(key)
      if (running === undefined) {
        this.#add({ keyGroup, key, slices: [], suffixes: [], back: value, ownsBack: false })
      } else if (running.back === undefined) {
        running.back = value
      } else {
        running.back = merge(running.ownsBack ? running.back : copy(running.back), value)
        running.ownsBack = true
      }
    }
  }

  #add(running: Running): void {
    this.#byKey.set(running.key, running)
    this.#keys.push(running)
  }

  /** What is left of a key's suffix merges in the current window; undefined for nothing. */
  #suffix({ slices, suffixes }: Running): unknown {
    let last = slices.length - 1
    while (last >= 0 && (slices[last] as number) < this.#start) {
      slices.pop()
      suffixes.pop()
      last--
    }
    return last < 0 ? undefined : suffixes[last]
  }

  #cursor(): NamespaceCursor<unknown> {
    const { copy, merge } = this.#contents
    const keys = this.#keys
    let index = 0
    const cursor = {
      keyGroup: 0,
      key: '' as StateKey,
      value: undefined as unknown,
      next: (): boolean => {
        while (index < keys.length) {
          const running = keys[index++] as Running
          const suffix = this.#suffix(running)
          const { back } = running
          if (suffix === undefined && back === undefined) continue
          cursor.keyGroup = running.keyGroup
          cursor.key = running.key
          if (suffix === undefined) cursor.value = back
          else cursor.value = back === undefined ? suffix : merge(copy(suffix), back)
          return true
        }
        return false
      },
    }
    return cursor
  }
}
