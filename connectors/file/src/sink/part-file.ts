import type { CommitToken, FileRecordWriter, FileWriterFormat, RecoverableStream, RecoverableWriter, ResumeToken } from '@millrace/core/spi'
import { Compressor } from './compressor.ts'
import type { FileSinkCompression } from './compressor.ts'

/** An in-progress file as a checkpoint remembers it. */
export interface PartFileState {
  readonly path: string
  readonly partition: string
  /** Tells whether the job that resumes still writes files of this kind. */
  readonly extension: string
  readonly createdMs: number
  readonly resume: ResumeToken
}

export interface PartFileOptions<T> {
  readonly partition: string
  readonly path: string
  readonly extension: string
  readonly createdMs: number
  readonly format: FileWriterFormat<T>
  readonly compression: FileSinkCompression
}

/**
 * One file being written. Records are encoded at once; until `open` has made the file, their bytes wait here.
 * A file goes open → (persist …) → finish, or ends with `release` when the attempt failed.
 */
export class PartFile<T> {
  readonly partition: string
  readonly path: string
  readonly createdMs: number
  /** Set by the sink, which looks at the clock once a batch. */
  lastWriteMs: number
  /** Whether records came since the sink last looked at the clock. */
  touched = false
  /** No record was written, which happens when the format refuses the first: such a file is given up. */
  isEmpty: boolean
  /** Encoded (and compressed) so far. What the format holds back is not counted. */
  bytes = 0
  /** A checkpoint may contain this file: it must survive a failure of this attempt. */
  inSnapshot = false

  readonly #extension: string
  readonly #records: FileRecordWriter<T>
  readonly #compressor: Compressor | undefined
  #stream: RecoverableStream | undefined
  #queue: Uint8Array[] = []
  #resume: ResumeToken | undefined
  #resumeBytes = -1

  constructor(options: PartFileOptions<T>, resumed?: RecoverableStream) {
    const { partition, path, createdMs, extension, format, compression } = options
    this.partition = partition
    this.path = path
    this.createdMs = createdMs
    this.lastWriteMs = createdMs
    this.#extension = extension
    this.#stream = resumed
    this.bytes = resumed?.position ?? 0
    this.inSnapshot = resumed !== undefined
    this.isEmpty = resumed === undefined
    const compressor = compression === 'none' ? undefined : new Compressor(compression, (bytes) => this.#put(bytes))
    this.#compressor = compressor
    const output = compressor ?? { write: (bytes: Uint8Array) => this.#put(bytes) }
    this.#records = format.open(output, { continued: resumed !== undefined })
  }

  write(value: T): void {
    this.#records.write(value)
    this.touched = true
    this.isEmpty = false
  }

  get isOpen(): boolean {
    return this.#stream !== undefined
  }

  async open(recoverable: RecoverableWriter): Promise<RecoverableStream> {
    const stream = (this.#stream ??= await recoverable.open(this.path))
    for (const bytes of this.#queue) stream.write(bytes)
    this.#queue = []
    return stream
  }

  /** A promise while too many bytes are on their way to the file. */
  ready(): Promise<void> | undefined {
    return this.#compressor?.ready() ?? this.#stream?.ready()
  }

  /** Makes everything written so far durable, the file staying open. */
  async persist(recoverable: RecoverableWriter): Promise<void> {
    const stream = await this.open(recoverable)
    this.#records.flush()
    if (this.bytes === this.#resumeBytes) return
    this.#resume = await stream.persist()
    this.#resumeBytes = this.bytes
  }

  /** Where to go on after a restore; call it after `persist`. */
  snapshot(): PartFileState {
    this.inSnapshot = true
    const { path, partition, createdMs } = this
    return { path, partition, extension: this.#extension, createdMs, resume: this.#resume as ResumeToken }
  }

  async finish(recoverable: RecoverableWriter): Promise<CommitToken> {
    const stream = await this.open(recoverable)
    await this.#records.finish()
    await this.#compressor?.finish()
    return stream.closeForCommit()
  }

  /** Lets go without publishing; removes the file unless a checkpoint may need it. */
  async release(): Promise<void> {
    this.#compressor?.close()
    await (this.inSnapshot ? this.#stream?.close() : this.#stream?.abandon())
  }

  #put(bytes: Uint8Array): void {
    this.bytes += bytes.length
    if (this.#stream === undefined) this.#queue.push(bytes)
    else this.#stream.write(bytes)
  }
}
