/** Where a record writer puts its bytes; they belong to the receiver from then on. */
export interface ByteOutput {
  write(bytes: Uint8Array): void
}

/** Writes files of records. Configuration only; `open` is called per file. */
export interface FileWriterFormat<in T> {
  readonly name: string
  /** With the dot: `.csv`. */
  readonly extension: string
  /**
   * True: after `flush` the file can be cut and continued at that byte in another process (row formats).
   * False: only a finished file is of use, so the sink rolls at every checkpoint (bulk formats).
   */
  readonly appendable: boolean
  /** `continued` is true when the file already holds flushed records (write no header). */
  open(output: ByteOutput, options: { readonly continued: boolean }): FileRecordWriter<T>
}

export interface FileRecordWriter<in T> {
  write(value: T): void
  /** Hands all complete bytes to the output. For bulk formats: nothing, or a finished row group. */
  flush(): void
  /** Flushes and writes what ends the file. Nothing may follow. */
  finish(): void | Promise<void>
}
