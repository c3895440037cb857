import type { OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { filesOf } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { readSnapshotFiles } from '../runtime/checkpoint/snapshot-file.ts'
import { openStateHandle } from '../runtime/checkpoint/storage/state-handles.ts'
import type { StateFile } from '../runtime/checkpoint/storage/state-handles.ts'
import type { FileSystems } from '../spi/file-systems.ts'
import type { KeyedStateReader, StateMeta } from '../spi/keyed-state-snapshot.ts'

/** The snapshot files of one operator. */
export interface SnapshotFiles {
  /** Subtask by subtask, each open until the next is asked for; of an incremental checkpoint several files, read as one. Rejects with CKPT_NOT_FOUND and CKPT_CORRUPT, naming the file. */
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
        const opened: StateFile[] = []
        try {
          for (const handle of filesOf(keyed)) opened.push(await openStateHandle(fileSystems, pointer, handle))
          const reader = await readSnapshotFiles(opened, keyed.keyGroups)
          yield { states: reader.states, keyed: reader }
        } finally {
          for (const file of opened) await file.close()
        }
      }
    },
  }
}
