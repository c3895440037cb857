import { MillraceError } from '../errors.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import { encodeCheckpointMetadata, filesOf } from '../runtime/checkpoint/checkpoint-metadata.ts'
import type { OperatorMetadata, SubtaskState } from '../runtime/checkpoint/checkpoint-metadata.ts'
import { writeKeyedSnapshot } from '../runtime/checkpoint/snapshot-file.ts'
import { createFileStateOutput } from '../runtime/checkpoint/storage/file-state-output.ts'
import { checkpointDirectory, encodeMetadataFile, METADATA_NAME, readWhole } from '../runtime/checkpoint/storage/metadata-file.ts'
import { openStateHandle } from '../runtime/checkpoint/storage/state-handles.ts'
import { createKeyedStateStore } from '../runtime/state/keyed-state-store.ts'
import type { KeyedStateStore } from '../runtime/state/keyed-state-store.ts'
import type { StateHandle, StateOutput } from '../spi/checkpoint-storage.ts'
import type { FileSystems } from '../spi/file-systems.ts'
import type { KeyedStateBackend } from '../spi/keyed-state-backend.ts'
import type { Key } from '../types/key.ts'
import { computeDefaultMaxParallelism, keyGroupOf } from '../types/key-group.ts'
import { toStateKey } from '../types/state-key.ts'
import type { Savepoint, SavepointOptions } from './open-savepoint.ts'
import { openSavepoint } from './open-savepoint.ts'
import { openScratchBackend } from './scratch-backend.ts'

export interface KeyedOperatorSource<T> {
  /** What the state is made of, in any order; a key may come several times. */
  readonly records: Iterable<T> | AsyncIterable<T>
  /** The key of a record: what the job's keyBy gives for it. */
  readonly keyBy: (record: T) => Key
  /** Puts a record into state, that of its key: `state` takes the descriptors of the job. */
  readonly process: (record: T, state: <S>(descriptor: StateDescriptor<S>) => S) => void
}

/** The state of one operator that is to be written. Made by `keyedOperator`. */
export interface NewOperator {
  readonly uid: string
  /** Puts everything into `backend`, which holds all key groups. */
  fill(backend: KeyedStateBackend, maxParallelism: number, now: () => number): Promise<void>
}

export interface WriteSavepointOptions extends SavepointOptions {
  /** Must be that of the operators in the job. Default: what a job has that does not set it, 128 up to a parallelism of 85. */
  readonly maxParallelism?: number
  /** A savepoint whose other operators are taken over, with copies of their files. */
  readonly base?: Savepoint
  /** Only for who reads the savepoint; any job can start from it. Default: that of `base`, or 'bootstrap'. */
  readonly jobName?: string
  /** Time of the savepoint and of what has a ttl, epoch milliseconds. Default the time now. */
  readonly now?: () => number
}

/** The keyed state of the operator `uid`, built from records. */
export function keyedOperator<T>(uid: string, source: KeyedOperatorSource<T>): NewOperator {
  return {
    uid,
    async fill(backend, maxParallelism, now) {
      const store = createKeyedStateStore(backend, { now })
      const state = <S>(descriptor: StateDescriptor<S>): S => store.state(descriptor)
      for await (const record of source.records) {
        setKey(store, source.keyBy(record), maxParallelism)
        source.process(record, state)
      }
    },
  }
}

/**
 * Writes a savepoint from which a job starts with `--from <directory>`, at any parallelism and on any state backend. The state
 * of an operator is put together in memory. Rejects with CKPT_EXISTS when there is one already.
 */
export async function writeSavepoint(directory: string, operators: readonly NewOperator[], options: WriteSavepointOptions = {}): Promise<Savepoint> {
  const { base, now = Date.now } = options
  const maxParallelism = options.maxParallelism ?? computeDefaultMaxParallelism(1)
  const fileSystems = createFileSystems(options.fileSystems)
  const path = checkpointDirectory(directory)
  const metadataPath = `${path}/${METADATA_NAME}`
  if ((await readWhole(fileSystems, metadataPath)) !== undefined) throw exists(path)
  requireDifferentUids(operators)
  const fileSystem = fileSystems.forPath(path)
  const target: Target = { fileSystems, path, maxParallelism, now, files: [] }
  const written: OperatorMetadata[] = []
  try {
    for (const operator of base?.metadata.operators ?? []) {
      if (!operators.some(({ uid }) => uid === operator.uid)) written.push(await copyOperator(operator, base as Savepoint, target))
    }
    for (const operator of operators) written.push(await writeOperator(operator, target))
    const metadata = encodeCheckpointMetadata({
      jobName: options.jobName ?? base?.metadata.jobName ?? 'bootstrap',
      checkpointId: base?.metadata.checkpointId ?? 1,
      timestampMs: now(),
      savepoint: true,
      operators: written,
    })
    await fileSystem.publish(metadataPath, encodeMetadataFile({ metadata, completedMs: now() }), { ifAbsent: fileSystem.capabilities.conditionalCreate })
  } catch (error) {
    for (const file of target.files) await fileSystem.delete(file)
    throw error
  }
  return openSavepoint(path, options)
}

interface Target {
  readonly fileSystems: FileSystems
  readonly path: string
  readonly maxParallelism: number
  readonly now: () => number
  /** Begun so far. */
  readonly files: string[]
}

async function writeOperator(operator: NewOperator, target: Target): Promise<OperatorMetadata> {
  const { fileSystems, maxParallelism, now } = target
  const { uid } = operator
  const keyGroups = { start: 0, end: maxParallelism - 1 }
  const backend = await openScratchBackend({ uid, maxParallelism, keyGroupRange: keyGroups, restore: [], fileSystems, now })
  try {
    await operator.fill(backend, maxParallelism, now)
    const handle = await writeKeyedSnapshot(backend.snapshot(1), await nextOutput(target), () => Promise.resolve())
    const subtask: SubtaskState = { finished: false, keyed: { handle, keyGroups }, operatorState: undefined }
    return { uid, name: uid, maxParallelism, subtasks: [subtask], enumerator: undefined }
  } finally {
    await backend.close()
  }
}

async function copyOperator(operator: OperatorMetadata, base: Savepoint, target: Target): Promise<OperatorMetadata> {
  const subtasks: SubtaskState[] = []
  for (const state of operator.subtasks) {
    const { keyed } = state
    if (keyed === undefined) subtasks.push(state)
    else {
      const copies: StateHandle[] = []
      for (const handle of filesOf(keyed)) copies.push(await copyFile(handle, base, target.fileSystems, await nextOutput(target)))
      subtasks.push({ ...state, keyed: { ...keyed, handle: copies.at(-1) as StateHandle, ...(copies.length === 1 ? {} : { base: copies.slice(0, -1) }) } })
    }
  }
  return { ...operator, subtasks }
}

const COPY_BYTES = 4 * 1024 * 1024

async function copyFile(handle: StateHandle, base: Savepoint, fileSystems: FileSystems, output: StateOutput): Promise<StateHandle> {
  const file = await openStateHandle(fileSystems, base.pointer, handle)
  try {
    for (let start = 0; start < file.size; start += COPY_BYTES) {
      output.write(await file.read(start, Math.min(file.size, start + COPY_BYTES)))
      await output.ready()
    }
    return await output.close()
  } catch (error) {
    // that it cannot even be aborted follows from the failure, which is what to report
    await output.abort().catch(() => {})
    throw error
  } finally {
    await file.close()
  }
}

function nextOutput({ fileSystems, path, files }: Target): Promise<StateOutput> {
  const name = `state-${files.length}`
  files.push(`${path}/${name}`)
  return createFileStateOutput(fileSystems.forPath(path), path, name)
}

function setKey(store: KeyedStateStore, key: Key, maxParallelism: number): void {
  const stateKey = toStateKey(key)
  store.currentKey = stateKey
  store.currentKeyGroup = keyGroupOf(stateKey, maxParallelism)
}

function requireDifferentUids(operators: readonly NewOperator[]): void {
  const uids = operators.map(({ uid }) => uid)
  const twice = uids.find((uid, index) => uids.indexOf(uid) !== index)
  if (twice !== undefined) throw new MillraceError('CKPT_DUPLICATE_OPERATOR', `Expected different operators, found '${twice}' twice; put all its state into one keyedOperator`, { origin: 'user', at: { uid: twice } })
}

function exists(path: string): MillraceError {
  return new MillraceError('CKPT_EXISTS', `There is already a completed savepoint at ${path}. Choose another directory`, { origin: 'user', at: { file: path } })
}
