import type { JsonValue } from './json-value.ts'

/** Enough to go on writing a file after a crash, on another machine. Plain data: it is stored in checkpoints. */
export type ResumeToken = JsonValue
/** Enough to publish a closed file after a crash. */
export type CommitToken = JsonValue

/** A file being written that nobody sees under its final name until it is committed. */
export interface RecoverableStream {
  readonly path: string
  /** Bytes written so far. */
  readonly position: number
  /** Appends; the bytes are the stream's from now on, until `settled`. Synchronous: what it queues is bounded through `ready`. */
  write(bytes: Uint8Array): void
  /** A promise while more than the write budget is queued. A rejected promise means the stream is lost. */
  ready(): Promise<void> | undefined
  /** When nothing written so far is in memory any more, so that this memory can be used again; undefined: now. Never rejects. Default: never. */
  settled?(): Promise<void> | undefined
  /** Makes everything written so far durable and returns how to resume exactly here. Bytes written later are dropped on resume. */
  persist(): Promise<ResumeToken>
  /** Ends the file: everything durable, still invisible. */
  closeForCommit(): Promise<CommitToken>
  /** Gives the file up and removes what was written; no token of it may be used afterwards. */
  abandon(): Promise<void>
  /**
   * Lets go without giving up: stops writing and releases handles and buffers. What was persisted can be resumed, the rest is
   * lost. Called when a task fails or stops, before anyone resumes; idempotent, also after the other two endings.
   */
  close(): Promise<void>
}

/**
 * Two-phase file writing (the idea of Flink's RecoverableWriter): open → write … persist → closeForCommit → commit.
 * Written for both rename-into-place and multipart upload, so no method assumes a rename or a readable partial file.
 */
export interface RecoverableWriter {
  /** `path` is the final name; overwriting an existing one is refused at commit with FS_EXISTS unless it is this very commit replayed. */
  open(path: string): Promise<RecoverableStream>
  /** Goes on after `token`; bytes beyond it are gone. */
  resume(token: ResumeToken): Promise<RecoverableStream>
  /**
   * Publishes under the final name. Idempotent: again after success, also in a new process, is success.
   * FS_NOT_FOUND if neither the unfinished nor the published file exists any more.
   */
  commit(token: CommitToken): Promise<void>
  /**
   * Gives the whole unfinished file of this token up, all its other tokens included: never call it for a token that was merely
   * superseded by a later `persist`. Idempotent; after commit it leaves the published file alone.
   */
  discard(token: ResumeToken | CommitToken): Promise<void>
}
