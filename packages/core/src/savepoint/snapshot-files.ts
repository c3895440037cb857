import type { OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { openSnapshotFile } from '../runtime/checkpoint/snapshot-file-reader.ts'
import { openStateHandle } from '../runtime/checkpoint/storage/state-handles.ts'
import type { FileSystems } from '../spi/file-systems.ts'
import type { KeyedStateReader, StateMeta } from '../spi/keyed-state-snapshot.ts'

/** The snapshot files of one operator. */
export interface SnapshotFiles {
  /** One after the other, each open until the next is asked for. Rejects with CKPT_NOT_FOUND and CKPT_CORRUPT, naming the file. */
  open(): AsyncIterable<OpenSnapshotFile>
}

export interface OpenSnapshotFile {
  readonly states: readonly StateMeta[]
  readonly keyed: KeyedStateReader
}

export function snapshotFiles(fileSystems: FileSystems, pointer: string, operator: OperatorMetadata): SnapshotFiles {
  return {
    async *open() {
      for (const { keyed } of operator.subtasks) {
        if (keyed === undefined) continue
        const file = await openStateHandle(fileSystems, pointer, keyed.handle)
        try {
          const snapshot = await openSnapshotFile(file)
          yield { states: snapshot.states, keyed: snapshot.keyed(keyed.keyGroups) }
        } finally {
          await file.close()
        }
      }
    },
  }
}
