import type { ReadableBytes } from './readable-bytes.ts'
import type { RecoverableWriter } from './recoverable-writer.ts'

export interface FileStatus {
  /** A full URL or, for `file:`, an absolute path; can be given back to every method. */
  readonly path: string
  readonly size: number
  readonly modifiedMs: number
  readonly isDirectory: boolean
}

export interface OpenFile extends ReadableBytes {
  readonly path: string
  /**
   * The bytes from `offset` to the end in order, in chunks of any size that belong to the receiver, for a store that has a better way to
   * this than one `read` after the other. Leaving the iteration ends it. Default: reads of a MiB, one ahead of the consumer.
   */
  chunks?(offset: number): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

/**
 * Files by URL scheme. Paths are URLs (`s3://bucket/key`) or, for `file:`, also plain local paths.
 * Errors: FS_NOT_FOUND, FS_EXISTS, FS_ACCESS_DENIED (external, not retryable); FS_IO (external, retryable when trying again can help).
 */
export interface FileSystem {
  /** Without the colon: `file`, `s3`. */
  readonly scheme: string
  readonly capabilities: {
    /** Empty directories exist and must be created; false for object stores. */
    readonly directories: boolean
    /** `publish(…, {ifAbsent: true})` is atomic among several processes. */
    readonly conditionalCreate: boolean
    /** `publish` takes up to so many bytes for less than a recoverable writer costs: one request to an object store instead of several. Default: 0. */
    readonly publishBytes?: number
  }
  /** Undefined if there is nothing at `path`. */
  status(path: string): Promise<FileStatus | undefined>
  open(path: string): Promise<OpenFile>
  /** Everything directly below a directory or prefix, sorted by path; with `recursive`, all files below it. Missing: empty. */
  list(path: string, options?: { readonly recursive?: boolean; readonly signal?: AbortSignal }): AsyncIterable<FileStatus>
  /**
   * Writes a small file atomically: readers see nothing or all of it, durably. With `ifAbsent`, rejects with FS_EXISTS
   * if there is one already.
   */
  publish(path: string, bytes: Uint8Array, options?: { readonly ifAbsent?: boolean }): Promise<void>
  /** Removes a file, or with `recursive` everything below; a missing path is success. */
  delete(path: string, options?: { readonly recursive?: boolean }): Promise<void>
  /** Creates a directory and its parents; nothing to do for object stores. */
  mkdirs(path: string): Promise<void>
  /** For exactly-once output; absent where the store cannot do it. */
  createRecoverableWriter?(): RecoverableWriter
}
