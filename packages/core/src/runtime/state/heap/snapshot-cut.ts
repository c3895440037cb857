import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataOutput } from '../../../types/data-output.ts'

const NOTHING = new Uint8Array(0)
/** Entries that the walker visits before it lets the task work. */
const SLICE_ENTRIES = 2000

/** Entries that no table holds any more but the snapshot still needs; yields after each slice of work. */
export type DetachedWalk = () => Iterable<void>

/**
 * Where the snapshot in progress has drawn its line through the state of one backend. Shared by its tables and queues.
 *
 * An entry whose epoch is not `epoch` has not changed since the barrier. While a snapshot is `active`, whoever is about to
 * change or drop such an entry first writes it to `output(keyGroup)`; the walker writes all others. Both then stamp it, so
 * that it is written once.
 */
export class SnapshotCut {
  epoch = 0
  active = false
  /** The walker is here: entries of smaller key groups are all stamped. */
  walking: number
  readonly range: KeyGroupRange
  readonly #outputs: (DataOutput | undefined)[]
  readonly #entries: Int32Array
  readonly #detached = new Map<number, DetachedWalk[]>()
  #visited = 0

  constructor(range: KeyGroupRange) {
    this.range = range
    this.walking = range.start
    const groups = Math.max(0, range.end - range.start + 1)
    this.#outputs = Array.from({ length: groups }, () => undefined)
    this.#entries = new Int32Array(groups)
  }

  begin(): void {
    this.epoch++
    this.active = true
    this.walking = this.range.start
  }

  end(): void {
    this.active = false
    this.#outputs.fill(undefined)
    this.#entries.fill(0)
    this.#detached.clear()
  }

  /** Called by walks for every entry they visit: true when it is time to yield. */
  endsSlice(): boolean {
    return ++this.#visited % SLICE_ENTRIES === 0
  }

  /** Where to write one entry of this key group, which is counted. */
  output(keyGroup: number): DataOutput {
    const index = keyGroup - this.range.start
    this.#entries[index] = (this.#entries[index] as number) + 1
    return (this.#outputs[index] ??= createDataOutput(512))
  }

  /** How many entries were written for a key group since the last `take`. */
  entries(keyGroup: number): number {
    return this.#entries[keyGroup - this.range.start] as number
  }

  /** What was written for a key group since the last `take`. */
  take(keyGroup: number): Uint8Array {
    const index = keyGroup - this.range.start
    const bytes = this.#outputs[index]?.view() ?? NOTHING
    this.#outputs[index] = undefined
    this.#entries[index] = 0
    return bytes
  }

  /** Hands over entries that are being dropped as a whole, instead of writing each of them now. */
  detach(keyGroup: number, walk: DetachedWalk): void {
    if (!this.active || keyGroup < this.walking) return
    const walks = this.#detached.get(keyGroup)
    if (walks === undefined) this.#detached.set(keyGroup, [walk])
    else walks.push(walk)
  }

  /** Takes one handed-over walk of this key group. */
  nextDetached(keyGroup: number): DetachedWalk | undefined {
    return this.#detached.get(keyGroup)?.pop()
  }
}
