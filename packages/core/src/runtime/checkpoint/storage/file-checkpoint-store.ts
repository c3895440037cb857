import { describeError, MillraceError } from '../../../errors.ts'
import type { CheckpointLease, CheckpointStorageContext, CheckpointStore, CompletedCheckpoint, StateHandle, StateOutput } from '../../../spi/checkpoint-storage.ts'
import type { FileSystem } from '../../../spi/file-system.ts'
import { baseName } from './base-name.ts'
import { acquireFileLease, fenced, newestLeaseEpoch } from './file-lease.ts'
import type { FileLease } from './file-lease.ts'
import { createFileStateOutput } from './file-state-output.ts'
import { encodeMetadataFile, METADATA_NAME, readMetadataFile } from './metadata-file.ts'
import { SharedState } from './shared-state.ts'
import { openStateHandle } from './state-handles.ts'
import type { StateFile } from './state-handles.ts'

const CHECKPOINT_DIRECTORY = /^chk-(\d+)\.e(\d+)$/

interface FoundCheckpoint {
  readonly checkpointId: number
  readonly epoch: number
  readonly directory: string
}

export async function openFileCheckpointStore(root: string, context: CheckpointStorageContext): Promise<CheckpointStore> {
  const jobRoot = `${root}/${context.jobName}`
  const fileSystem = context.fileSystems.forPath(root)
  return new FileCheckpointStore(jobRoot, fileSystem, await newestLeaseEpoch(fileSystem, jobRoot), context)
}

/** The files of one job; see fileCheckpointStorage. */
class FileCheckpointStore implements CheckpointStore {
  readonly #context: CheckpointStorageContext
  readonly #root: string
  readonly #fileSystem: FileSystem
  readonly #shared: SharedState
  readonly #verified = new Map<string, CompletedCheckpoint>()
  #lease: FileLease | undefined
  /** Of the lease this store was opened or acquired under: what it writes carries it. */
  #epoch: number

  constructor(root: string, fileSystem: FileSystem, epoch: number, context: CheckpointStorageContext) {
    this.#context = context
    this.#root = root
    this.#fileSystem = fileSystem
    this.#shared = new SharedState(fileSystem, root)
    this.#epoch = epoch
  }

  async acquireLease(owner: string): Promise<CheckpointLease> {
    const lease = await acquireFileLease(this.#fileSystem, this.#root, owner, this.#context)
    this.#lease = lease
    this.#epoch = lease.epoch
    await this.#removeLeftovers(lease.epoch)
    return lease
  }

  async createStateOutput(checkpointId: number, name: string, target: string | undefined): Promise<StateOutput> {
    await this.#requireEpoch()
    return createFileStateOutput(this.#fileSystemOf(target), this.#directoryOf(checkpointId, target), fileNameOf(name))
  }

  async createSharedOutput(checkpointId: number, name: string): Promise<StateOutput> {
    await this.#requireEpoch()
    return this.#shared.create(checkpointId, this.#epoch, fileNameOf(name))
  }

  async discardShared(needed: readonly StateHandle[], checkpointId: number): Promise<void> {
    await this.#requireLease()
    await this.#shared.discard(needed, checkpointId, this.#epoch)
  }

  async complete(checkpointId: number, metadata: Uint8Array, target: string | undefined): Promise<CompletedCheckpoint> {
    await this.#requireLease()
    const pointer = this.#directoryOf(checkpointId, target)
    const completed: CompletedCheckpoint = { checkpointId, pointer, savepoint: target !== undefined, completedMs: this.#context.now() }
    const fileSystem = this.#fileSystemOf(target)
    const bytes = encodeMetadataFile({ metadata, completedMs: completed.completedMs })
    try {
      await fileSystem.publish(`${pointer}/${METADATA_NAME}`, bytes, { ifAbsent: fileSystem.capabilities.conditionalCreate })
    } catch (error) {
      if (!MillraceError.is(error) || error.code !== 'FS_EXISTS') throw error
      const message = `There is already a completed ${completed.savepoint ? 'savepoint' : 'checkpoint'} at ${pointer}. Choose another directory`
      throw new MillraceError('CKPT_EXISTS', message, { origin: 'user', at: { file: pointer }, cause: error })
    }
    if (!completed.savepoint) this.#verified.set(pointer, completed)
    return completed
  }

  async list(): Promise<readonly CompletedCheckpoint[]> {
    const completed: CompletedCheckpoint[] = []
    for (const found of await this.#checkpoints()) {
      const checkpoint = this.#verified.get(found.directory) ?? (await this.#verify(found))
      if (checkpoint !== undefined) completed.push(checkpoint)
    }
    return completed
  }

  async readMetadata(pointer: string): Promise<Uint8Array> {
    const { metadata } = await readMetadataFile(this.#context.fileSystems, pointer)
    return metadata
  }

  openState(pointer: string, handle: StateHandle): Promise<StateFile> {
    return openStateHandle(this.#context.fileSystems, pointer, handle)
  }

  /**
   * The checkpoint of this run, if there is one of this id; otherwise that of an earlier run, once this run has completed
   * a later one: a job that starts over from id 1 does not touch what was there before until it has got further.
   */
  async discard(checkpointId: number): Promise<void> {
    await this.#requireLease()
    const epoch = this.#epoch
    const checkpoints = await this.#checkpoints()
    const overtaken = checkpoints.some((found) => found.epoch === epoch && found.checkpointId > checkpointId && this.#verified.has(found.directory))
    const ofThisId = checkpoints.filter((found) => found.checkpointId === checkpointId && found.epoch <= epoch)
    const own = ofThisId.filter((found) => found.epoch === epoch)
    for (const { directory } of own.length > 0 ? own : overtaken ? ofThisId : []) await this.#remove(directory)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #fileSystemOf(target: string | undefined): FileSystem {
    return target === undefined ? this.#fileSystem : this.#context.fileSystems.forPath(target)
  }

  #directoryOf(checkpointId: number, target: string | undefined): string {
    const epoch = this.#epoch
    if (target === undefined) return `${this.#root}/chk-${checkpointId}.e${epoch}`
    return `${target.replace(/\/+$/, '')}/savepoint-${this.#context.jobName}-${checkpointId}.e${epoch}`
  }

  /** For executors, which do not have the lease themselves. */
  async #requireEpoch(): Promise<void> {
    const newest = await newestLeaseEpoch(this.#fileSystem, this.#root)
    if (newest !== this.#epoch) throw fenced(this.#context.jobName, this.#root, this.#epoch)
  }

  async #requireLease(): Promise<void> {
    if (this.#lease === undefined) {
      throw new MillraceError('CKPT_NO_LEASE', `The checkpoints of job '${this.#context.jobName}' are changed only by who holds their lease; acquire it first`, { origin: 'engine' })
    }
    await this.#lease.requireHeld()
  }

  /** Complete or not, newest first: later runs before earlier ones. */
  async #checkpoints(): Promise<FoundCheckpoint[]> {
    const found: FoundCheckpoint[] = []
    for await (const { path } of this.#fileSystem.list(this.#root)) {
      const match = CHECKPOINT_DIRECTORY.exec(baseName(path))
      if (match !== null) found.push({ checkpointId: Number(match[1]), epoch: Number(match[2]), directory: `${this.#root}/${match[0]}` })
    }
    return found.sort((a, b) => b.epoch - a.epoch || b.checkpointId - a.checkpointId)
  }

  /**
   * Undefined for a checkpoint that is not complete. A damaged one stays in its place: who asks for the newest must be
   * refused by name, not given an older one, behind which output may have been published.
   */
  async #verify({ checkpointId, directory }: FoundCheckpoint): Promise<CompletedCheckpoint | undefined> {
    const checkpoint = { checkpointId, pointer: directory, savepoint: false }
    try {
      const { completedMs } = await readMetadataFile(this.#context.fileSystems, directory)
      const completed: CompletedCheckpoint = { ...checkpoint, completedMs }
      this.#verified.set(directory, completed)
      return completed
    } catch (error) {
      if (!MillraceError.is(error) || !error.code.startsWith('CKPT_')) throw error
      if (error.code === 'CKPT_NOT_FOUND') return undefined
      this.#context.logger.warn({ checkpointId, file: error.at.file, error: describeError(error) }, 'a checkpoint cannot be read')
      return { ...checkpoint, completedMs: (await this.#fileSystem.status(`${directory}/${METADATA_NAME}`))?.modifiedMs ?? 0 }
    }
  }

  /** What earlier holders of the lease began and never completed. */
  async #removeLeftovers(epoch: number): Promise<void> {
    for (const found of await this.#checkpoints()) {
      if (found.epoch >= epoch) continue
      if ((await this.#fileSystem.status(`${found.directory}/${METADATA_NAME}`)) !== undefined) continue
      this.#context.logger.info({ directory: found.directory }, 'removing a checkpoint that was never completed')
      await this.#remove(found.directory)
    }
  }

  /** Metadata first, so that nobody finds a checkpoint whose state is half gone. */
  async #remove(directory: string): Promise<void> {
    this.#verified.delete(directory)
    await this.#fileSystem.delete(`${directory}/${METADATA_NAME}`)
    await this.#fileSystem.delete(directory, { recursive: true })
  }
}

/** Safe on every file system and in URLs, different for different names, and never `_metadata`. */
function fileNameOf(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9.-]/g, (character) => `_${character.charCodeAt(0).toString(16)}_`)
}
