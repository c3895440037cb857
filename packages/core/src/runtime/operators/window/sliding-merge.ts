import type { StateKey } from '../../../spi/keyed-state-backend.ts'
import type { NamespaceCursor, StateTable } from '../../../spi/state-table.ts'
import type { WindowContents } from './window-contents.ts'

type Merging = Required<Pick<WindowContents, 'copy' | 'merge'>>

/** Suffix merges of one key: `accumulators[i]` covers slice `slices[i]` up to the middle; the earliest slice is last. */
interface Front {
  readonly keyGroup: number
  readonly key: StateKey
  readonly slices: number[]
  readonly accumulators: unknown[]
}

interface Back {
  readonly keyGroup: number
  readonly key: StateKey
  accumulator: unknown
  /** Not a slice's own accumulator in state: may be changed. */
  owned: boolean
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
  readonly #front = new Map<StateKey, Front>()
  readonly #back = new Map<StateKey, Back>()
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
    this.#front.clear()
    this.#back.clear()
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

  #refill(slices: readonly number[]): void {
    const { copy, merge } = this.#contents
    this.#front.clear()
    this.#back.clear()
    for (const slice of slices.toReversed()) {
      for (const [keyGroup, key, value] of this.#table.scan(slice)) {
        const front = this.#front.get(key)
        if (front === undefined) {
          this.#front.set(key, { keyGroup, key, slices: [slice], accumulators: [value] })
        } else {
          front.accumulators.push(merge(copy(value), front.accumulators.at(-1)))
          front.slices.push(slice)
        }
      }
    }
    this.#middle = slices.at(-1) as number
  }

  #append(slice: number): void {
    const { copy, merge } = this.#contents
    for (const [keyGroup, key, value] of this.#table.scan(slice)) {
      const back = this.#back.get(key)
      if (back === undefined) {
        this.#back.set(key, { keyGroup, key, accumulator: value, owned: false })
      } else {
        back.accumulator = merge(back.owned ? back.accumulator : copy(back.accumulator), value)
        back.owned = true
      }
    }
  }

  /** What is left of a key's suffix merges in the current window; undefined for nothing. */
  #suffix(front: Front): unknown {
    const { slices, accumulators } = front
    while (slices.length > 0 && (slices[slices.length - 1] as number) < this.#start) {
      slices.pop()
      accumulators.pop()
    }
    if (slices.length > 0) return accumulators[accumulators.length - 1]
    this.#front.delete(front.key)
    return undefined
  }

  /** First the keys in front, then those only in back. */
  #cursor(): NamespaceCursor<unknown> {
    const { copy, merge } = this.#contents
    const fronts = this.#front.values()
    const backs = this.#back.values()
    const cursor = {
      keyGroup: 0,
      key: '' as StateKey,
      value: undefined as unknown,
      next: (): boolean => {
        for (let step = fronts.next(); step.done !== true; step = fronts.next()) {
          const suffix = this.#suffix(step.value)
          if (suffix === undefined) continue
          const back = this.#back.get(step.value.key)
          cursor.keyGroup = step.value.keyGroup
          cursor.key = step.value.key
          cursor.value = back === undefined ? suffix : merge(copy(suffix), back.accumulator)
          return true
        }
        for (let step = backs.next(); step.done !== true; step = backs.next()) {
          if (this.#front.has(step.value.key)) continue
          cursor.keyGroup = step.value.keyGroup
          cursor.key = step.value.key
          cursor.value = step.value.accumulator
          return true
        }
        return false
      },
    }
    return cursor
  }
}
