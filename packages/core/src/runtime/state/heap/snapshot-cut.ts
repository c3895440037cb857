import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import { ChangeEpochs } from '../change-epochs.ts'
import { SliceClock } from '../slice-clock.ts'
import { SnapshotBuffers } from '../snapshot-buffers.ts'
import type { ChangedEntries } from './changed-entries.ts'
import { RemovalLog } from './removal-log.ts'

/** Entries that the walker visits before it lets the task work: 0.2 to 0.5 ms … */
const SLICE_ENTRIES = 1000
/** … and the time after which it does so in any case. */
const SLICE_MS = 2
/** … after a turn of the task that took up to twice this, and the more the longer that took … */
const TURN_MS = 2
/** … up to so many times as many: a busy task waits a tenth longer, and a large snapshot takes no more turns than it must. */
const LONGEST_SLICE = 4

/** Entries that no table holds any more but the snapshot still needs; yields after each slice of work. */
export type DetachedWalk = () => Iterable<void>

/**
 * Where the snapshot in progress has drawn its line through the state of one backend. Shared by its tables and queues.
 *
 * An entry whose stamp is not `epoch` has not changed since the barrier. While a snapshot is `active`, whoever is about to
 * change or drop such an entry first writes it to `output(keyGroup)`, if the snapshot needs it; the walker writes all others.
 * Both then stamp it, so that it is written once.
 */
export class SnapshotCut {
  readonly epochs: ChangeEpochs
  /** Those of `epochs`, here for speed: the stamps of what has changed, and of what came into being, since the barrier. */
  epoch = 0
  created: number
  active = false
  /** What changes must be noted in ChangedEntries, and what is removed in `removals`. */
  tracksChanges = false
  readonly removals: RemovalLog
  /** The walker is here: entries of smaller key groups are all stamped. */
  walking: number
  readonly range: KeyGroupRange
  readonly #now: () => number
  readonly #slice: SliceClock
  #sliceEndMs = 0
  readonly #buffers: SnapshotBuffers
  readonly #detached = new Map<number, DetachedWalk[]>()
  readonly #changed: ChangedEntries<unknown>[] = []

  /** `incremental`: snapshots will be asked to hold only changes. */
  constructor(range: KeyGroupRange, incremental: boolean, now: () => number) {
    this.range = range
    this.epochs = new ChangeEpochs(incremental)
    this.created = this.epochs.created
    this.removals = new RemovalLog(range.start)
    this.walking = range.start
    this.#now = now
    this.#slice = new SliceClock(now, SLICE_MS, SLICE_ENTRIES)
    this.#buffers = new SnapshotBuffers(range)
  }

  /** Returns the checkpoint that the snapshot builds on; undefined for a full one. */
  begin(checkpointId: number, since: number | undefined): number | undefined {
    const { epochs } = this
    const base = epochs.begin(checkpointId, since)
    this.removals.begin(epochs.written, epochs.base)
    this.epoch = epochs.changed
    this.created = epochs.created
    this.tracksChanges = epochs.tracksRemovals
    for (const changed of this.#changed) changed.begin(epochs.written, epochs.base)
    this.active = true
    this.walking = this.range.start
    this.#slice.begin()
    return base
  }

  /** For a table's own changes, told of every barrier from now on. */
  trackChanges(changed: ChangedEntries<unknown>): void {
    this.#changed.push(changed)
  }

  end(): void {
    this.active = false
    this.#buffers.clear()
    this.#detached.clear()
  }

  /** Called by walks for every entry they visit: true when it is time to yield. */
  endsSlice(): boolean {
    const passed = this.#slice.passed()
    if (passed) this.#sliceEndMs = this.#now()
    return passed
  }

  /** Called when the task has had its turn. */
  beginSlice(): void {
    const turns = Math.floor((this.#now() - this.#sliceEndMs) / TURN_MS)
    this.#slice.begin(SLICE_ENTRIES * Math.min(Math.max(turns, 1), LONGEST_SLICE))
  }

  /** Where to write one entry of this key group, which is counted. */
  output(keyGroup: number): DataOutput {
    return this.#buffers.output(keyGroup)
  }

  /** What was written for a key group and has not been taken yet. */
  chunks(keyGroup: number): Iterable<KeyGroupChunk> {
    return this.#buffers.chunks(keyGroup)
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
