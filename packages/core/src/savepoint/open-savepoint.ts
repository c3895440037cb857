import { MillraceError } from '../errors.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import { decodeCheckpointMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import type { CheckpointMetadata, OperatorMetadata } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { readMetadataFile } from '../runtime/checkpoint/storage/metadata-file.ts'
import type { FileSystem } from '../spi/file-system.ts'
import { readKeyedState, readTimers } from './read-keyed-state.ts'
import type { ReadStateOptions, StateEntry, TimerEntry } from './read-keyed-state.ts'
import { readOperatorState } from './read-operator-state.ts'
import { snapshotFiles } from './snapshot-files.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

export interface SavepointOptions {
  /** Of schemes besides `file:`. */
  readonly fileSystems?: readonly FileSystem[]
}

/** A savepoint or checkpoint that is being read. Nothing is held open between calls. */
export interface Savepoint {
  /** Where it was found. */
  readonly pointer: string
  readonly metadata: CheckpointMetadata
  readonly operators: readonly SavepointOperator[]
  /** Throws CKPT_NO_SUCH_OPERATOR with the uids that there are. */
  operator(uid: string): SavepointOperator
}

export interface SavepointOperator {
  readonly uid: string
  readonly metadata: OperatorMetadata
  readonly files: SnapshotFiles
  /** The entries of a keyed state, key group by key group, in no other order. Rejects as readKeyedState says. */
  keyedState(name: string, options?: ReadStateOptions): AsyncIterable<StateEntry>
  timers(): AsyncIterable<TimerEntry>
  /** The elements of a list state of all subtasks, or `[key, value]` of a broadcast state. */
  operatorState(name: string, options?: ReadStateOptions): readonly unknown[]
}

/** `path`: what `--from` takes, except `latest`. Rejects with CKPT_NOT_FOUND, CKPT_CORRUPT or CKPT_UNSUPPORTED_VERSION, naming the file. */
export async function openSavepoint(path: string, options: SavepointOptions = {}): Promise<Savepoint> {
  const fileSystems = createFileSystems(options.fileSystems)
  const metadata = decodeCheckpointMetadata((await readMetadataFile(fileSystems, path)).metadata, path)
  const operators = metadata.operators.map((operator): SavepointOperator => {
    const { uid } = operator
    const files = snapshotFiles(fileSystems, path, operator)
    return {
      uid,
      metadata: operator,
      files,
      keyedState: (name, as = {}) => readKeyedState(files, uid, name, as),
      timers: () => readTimers(files),
      operatorState: (name, as = {}) => readOperatorState(operator, name, as),
    }
  })
  return {
    pointer: path,
    metadata,
    operators,
    operator(uid) {
      const found = operators.find((operator) => operator.uid === uid)
      if (found !== undefined) return found
      const message = `There is no operator '${uid}' in ${path}; it has ${operators.map((operator) => `'${operator.uid}'`).join(', ')}`
      throw new MillraceError('CKPT_NO_SUCH_OPERATOR', message, { origin: 'user', at: { uid, file: path } })
    },
  }
}
