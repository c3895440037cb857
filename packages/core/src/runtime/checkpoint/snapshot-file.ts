import type { StateHandle, StateOutput } from '../../spi/checkpoint-storage.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateReader, KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import { openSnapshotFile } from './snapshot-file-reader.ts'
import type { NamedBytes } from './snapshot-file-reader.ts'
import { writeSnapshotFile } from './snapshot-file-writer.ts'

/** Writes the keyed state of one operator and subtask; see writeSnapshotFile. */
export function writeKeyedSnapshot(snapshot: KeyedStateSnapshot, output: StateOutput, pause: () => Promise<void>): Promise<StateHandle> {
  return writeSnapshotFile({ keyed: snapshot }, output, pause)
}

/** The keyed state in a snapshot file, limited to the key groups of `range`: no others are read. See openSnapshotFile. */
export async function readSnapshotFile(file: NamedBytes, range: KeyGroupRange): Promise<KeyedStateReader> {
  const opened = await openSnapshotFile(file)
  return opened.keyed(range)
}
