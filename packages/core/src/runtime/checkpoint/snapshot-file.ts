import type { StateHandle, StateOutput } from '../../spi/checkpoint-storage.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateReader, KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import { mergedReader } from './merged-reader.ts'
import { openSnapshotFile } from './snapshot-file-reader.ts'
import type { NamedBytes } from './snapshot-file-reader.ts'
import { writeSnapshotFile } from './snapshot-file-writer.ts'

/** Writes the keyed state of one operator and subtask; see writeSnapshotFile. `checkpointId` only if others may build on it. */
export function writeKeyedSnapshot(snapshot: KeyedStateSnapshot, output: StateOutput, pause: () => Promise<void>, checkpointId?: number): Promise<StateHandle> {
  return writeSnapshotFile({ keyed: snapshot, ...(checkpointId === undefined ? {} : { checkpointId }) }, output, pause)
}

/**
 * The keyed state in a chain of snapshot files, the oldest first, which is mostly one: limited to the key groups of `range`, no
 * others are read. See openSnapshotFile and mergedReader.
 */
export async function readSnapshotFiles(files: readonly NamedBytes[], range: KeyGroupRange): Promise<KeyedStateReader> {
  return mergedReader(await Promise.all(files.map(async (file) => openSnapshotFile(file))), range)
}
