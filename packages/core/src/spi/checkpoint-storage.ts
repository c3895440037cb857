import type { FileSystems } from './file-systems.ts'
import type { Logger } from './logger.ts'
import type { ReadableBytes } from './readable-bytes.ts'

export interface CheckpointStorageContext {
  /** Groups the checkpoints of one job; safe as a directory name. */
  readonly jobName: string
  readonly fileSystems: FileSystems
  readonly logger: Logger
  now(): number
}

/** Where snapshots go. Configuration only; state backends say where working state lives. */
export interface CheckpointStorage {
  readonly kind: 'checkpoint-storage'
  readonly name: string
  /** False: gone with the process, so no restore by another one. */
  readonly durable: boolean
  open(context: CheckpointStorageContext): CheckpointStore | Promise<CheckpointStore>
}

/** A stored piece of state. Plain data; kept inside checkpoint metadata. */
export interface StateHandle {
  /** Relative to the checkpoint or savepoint it belongs to, or absolute. */
  readonly path: string
  readonly sizeBytes: number
}

/** Streams one piece of state into a checkpoint that is not yet complete. */
export interface StateOutput {
  /** Appends; the bytes must not change until `settled` says so. */
  write(bytes: Uint8Array): void
  /** A promise while too much is queued. */
  ready(): Promise<void> | undefined
  /** When nothing written so far is in memory any more, so that this memory can be used again; undefined: now. Never rejects. Default: never. */
  settled?(): Promise<void> | undefined
  close(): Promise<StateHandle>
  abort(): Promise<void>
}

export interface CompletedCheckpoint {
  readonly checkpointId: number
  /** What a user passes to `--from`: a path or URL. */
  readonly pointer: string
  readonly savepoint: boolean
  readonly completedMs: number
}

/** The storage of one job. Opened by the coordinator, which acquires the lease, and then by executors, which write state under it. */
export interface CheckpointStore {
  /**
   * Fencing: makes every later write of an older lease holder fail with CKPT_FENCED, so that two coordinators of one job
   * never overwrite each other. Rejects with CKPT_LEASE_HELD (user) naming the holder when another live one has it.
   */
  acquireLease(owner: string): Promise<CheckpointLease>
  /** `target` is undefined for a checkpoint, or the directory of a savepoint. */
  createStateOutput(checkpointId: number, name: string, target: string | undefined): Promise<StateOutput>
  /**
   * As createStateOutput, for state that later checkpoints will refer to as well: it stays until `discardShared` finds it
   * unneeded. `name` is different in every attempt of the job. Absent: the storage shares nothing, and all checkpoints are full.
   */
  createSharedOutput?(checkpointId: number, name: string): Promise<StateOutput>
  /**
   * Removes all shared state but `needed`, as far as it was written for checkpoints up to `checkpointId` of this run or for
   * earlier runs. Never fails for what is already gone.
   */
  discardShared?(needed: readonly StateHandle[], checkpointId: number): Promise<void>
  /** Publishes metadata atomically; only then does the checkpoint exist. */
  complete(checkpointId: number, metadata: Uint8Array, target: string | undefined): Promise<CompletedCheckpoint>
  /**
   * Completed checkpoints of this job, newest first. Half-written ones are not among them. One that is damaged, or of a newer
   * release, is: `readMetadata` refuses it, where passing over it would go back behind output that is already published.
   */
  list(): Promise<readonly CompletedCheckpoint[]>
  /** Metadata behind a pointer, checksum verified. CKPT_NOT_FOUND or CKPT_CORRUPT name the file. */
  readMetadata(pointer: string): Promise<Uint8Array>
  openState(pointer: string, handle: StateHandle): Promise<ReadableBytes & { close(): Promise<void> }>
  /** Removes one checkpoint, complete or not. Never fails for what is already gone. */
  discard(checkpointId: number): Promise<void>
  close(): Promise<void>
}

export interface CheckpointLease {
  /** Grows with every take-over. */
  readonly epoch: number
  /** Called regularly by the coordinator; rejects with CKPT_FENCED when the lease was lost. */
  renew(): Promise<void>
  release(): Promise<void>
}
