import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { EntryReader } from '../entry-encoding.ts'

/** What the heap backend needs of each of its tables and queues. */
export interface HeapPart {
  readonly meta: StateMeta
  /** Writes the entries of one key group that the snapshot in progress still lacks; yields where `SnapshotCut.endsSlice` says. */
  walk(keyGroup: number): Iterable<void>
  /** Takes one entry of a restored snapshot; the reader stands at its body. `readValue`: for one that was written under another schema. */
  load(keyGroup: number, reader: EntryReader, readValue: ValueReader | undefined): void
  /** Called at a barrier, before the epoch moves on. */
  beforeSnapshot?(): void
}
