import { MillraceError } from '../../../errors.ts'
import type { CheckpointLease, CheckpointStorageContext, CheckpointStore, CompletedCheckpoint, StateHandle, StateOutput } from '../../../spi/checkpoint-storage.ts'
import { LEASE_EXPIRY_MS } from './file-lease.ts'
import { checkpointDirectory, encodeMetadataFile, METADATA_NAME, readMetadataFile } from './metadata-file.ts'
import { inlineHandle, openStateHandle } from './state-handles.ts'
import type { StateFile } from './state-handles.ts'

/** What the stores of one job share. */
export interface JobMemory {
  epoch: number
  holder: { readonly owner: string; renewedMs: number } | undefined
  /** By pointer, oldest first. */
  readonly completed: Map<string, { readonly epoch: number; readonly checkpoint: CompletedCheckpoint; readonly metadata: Uint8Array }>
}

/** See memoryCheckpointStorage. State travels inside its handle, and so with the metadata. */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly #memory: JobMemory
  readonly #maxStateBytes: number
  readonly #context: CheckpointStorageContext
  #epoch = 0

  constructor(memory: JobMemory, maxStateBytes: number, context: CheckpointStorageContext) {
    this.#memory = memory
    this.#maxStateBytes = maxStateBytes
    this.#context = context
  }

  acquireLease(owner: string): Promise<CheckpointLease> {
    const { holder } = this.#memory
    const { jobName } = this.#context
    if (holder !== undefined && this.#context.now() < holder.renewedMs + LEASE_EXPIRY_MS) {
      const message = `Job '${jobName}' is already running on this checkpoint storage in this process (pid ${process.pid}, owner ${holder.owner}). Stop it first, or give this one another name`
      return Promise.reject(new MillraceError('CKPT_LEASE_HELD', message, { origin: 'user', retryable: true }))
    }
    const epoch = ++this.#memory.epoch
    this.#epoch = epoch
    this.#memory.holder = { owner, renewedMs: this.#context.now() }
    return Promise.resolve({
      epoch,
      renew: async () => {
        this.#requireLease(epoch).renewedMs = this.#context.now()
      },
      release: () => {
        if (this.#memory.epoch === epoch) this.#memory.holder = undefined
        return Promise.resolve()
      },
    })
  }

  createStateOutput(_checkpointId: number, name: string, _target: string | undefined): Promise<StateOutput> {
    let chunks: Uint8Array[] = []
    let sizeBytes = 0
    return Promise.resolve({
      write: (bytes) => {
        sizeBytes += bytes.length
        if (sizeBytes > this.#maxStateBytes) throw this.#tooLarge(name)
        chunks.push(bytes)
      },
      ready: () => undefined,
      close: () => Promise.resolve(inlineHandle(Buffer.concat(chunks))),
      abort: () => {
        chunks = []
        return Promise.resolve()
      },
    })
  }

  async complete(checkpointId: number, metadata: Uint8Array, target: string | undefined): Promise<CompletedCheckpoint> {
    this.#requireLease(this.#epoch)
    const completedMs = this.#context.now()
    if (target === undefined) {
      const checkpoint = { checkpointId, pointer: this.#pointer(checkpointId, this.#epoch), savepoint: false, completedMs }
      this.#memory.completed.set(checkpoint.pointer, { epoch: this.#epoch, checkpoint, metadata: metadata.slice() })
      return checkpoint
    }
    const pointer = `${checkpointDirectory(target)}/savepoint-${this.#context.jobName}-${checkpointId}-${completedMs}`
    const fileSystem = this.#context.fileSystems.forPath(target)
    await fileSystem.publish(`${pointer}/${METADATA_NAME}`, encodeMetadataFile({ metadata, completedMs }), { ifAbsent: fileSystem.capabilities.conditionalCreate })
    return { checkpointId, pointer, savepoint: true, completedMs }
  }

  list(): Promise<readonly CompletedCheckpoint[]> {
    return Promise.resolve(Array.from(this.#memory.completed.values(), ({ checkpoint }) => checkpoint).reverse())
  }

  async readMetadata(pointer: string): Promise<Uint8Array> {
    if (!pointer.startsWith('memory:')) return (await readMetadataFile(this.#context.fileSystems, pointer)).metadata
    const found = this.#memory.completed.get(pointer)
    if (found !== undefined) return found.metadata
    const message = `No checkpoint ${pointer}: it was kept in memory, and is gone with its process or was replaced by later ones. Use a durable checkpoint storage to restore after the end of a process`
    throw new MillraceError('CKPT_NOT_FOUND', message, { origin: 'user', at: { file: pointer } })
  }

  openState(pointer: string, handle: StateHandle): Promise<StateFile> {
    return openStateHandle(this.#context.fileSystems, pointer, handle)
  }

  /** That of this run, or of an earlier one once this run has completed a later one. */
  async discard(checkpointId: number): Promise<void> {
    this.#requireLease(this.#epoch)
    const { completed } = this.#memory
    if (completed.delete(this.#pointer(checkpointId, this.#epoch))) return
    const overtaken = [...completed.values()].some(({ epoch, checkpoint }) => epoch === this.#epoch && checkpoint.checkpointId > checkpointId)
    if (overtaken) for (let epoch = 1; epoch < this.#epoch; epoch++) completed.delete(this.#pointer(checkpointId, epoch))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #pointer(checkpointId: number, epoch: number): string {
    return `memory:${this.#context.jobName}/chk-${checkpointId}.e${epoch}`
  }

  #requireLease(epoch: number): { renewedMs: number } {
    const { jobName } = this.#context
    if (epoch === 0) {
      throw new MillraceError('CKPT_NO_LEASE', `The checkpoints of job '${jobName}' are changed only by who holds their lease; acquire it first`, { origin: 'engine' })
    }
    const { holder } = this.#memory
    if (holder !== undefined && this.#memory.epoch === epoch) return holder
    const message = `This run no longer has the lease of job '${jobName}' (epoch ${epoch}): another one has taken it over, or it was released. Nothing was written`
    throw new MillraceError('CKPT_FENCED', message, { origin: 'external' })
  }

  #tooLarge(name: string): MillraceError {
    const message =
      `State '${name}' of job '${this.#context.jobName}' is larger than the ${this.#maxStateBytes} bytes that checkpoints in memory allow. ` +
      'Use fileCheckpointStorage(directory), or raise maxStateBytes if the process has the memory'
    return new MillraceError('CKPT_TOO_LARGE', message, { origin: 'user' })
  }
}
