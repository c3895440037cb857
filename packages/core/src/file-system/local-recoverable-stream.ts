import { rm } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { MillraceError } from '../errors.ts'
import type { RecoverableStream } from '../spi/recoverable-writer.ts'
import { nodeFileError } from './node-file-error.ts'

/** Serves as resume and as commit token. */
export interface LocalToken {
  readonly path: string
  readonly temporary: string
  readonly length: number
  /** Of the temporary file, whole milliseconds: how a replayed commit recognises its own file. */
  readonly modifiedMs: number
  readonly [key: string]: string | number
}

/** A piece of this size is written on its own. */
const LARGE_BYTES = 32 * 1024

/** Appends to an open temporary file. Bytes written while the disk is busy are gathered into the next write call. */
export class LocalRecoverableStream implements RecoverableStream {
  readonly path: string
  position: number
  readonly #handle: FileHandle
  readonly #temporary: string
  readonly #bufferBytes: number
  #queue: Uint8Array[] = []
  #queuedBytes = 0
  #writtenTo: number
  #draining: Promise<void> | undefined
  #failure: MillraceError | undefined
  #closed = false

  constructor(handle: FileHandle, path: string, temporary: string, position: number, bufferBytes: number) {
    this.#handle = handle
    this.path = path
    this.#temporary = temporary
    this.position = position
    this.#writtenTo = position
    this.#bufferBytes = bufferBytes
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#closed) throw this.#isClosed()
    if (bytes.length === 0) return
    this.#queue.push(bytes)
    this.#queuedBytes += bytes.length
    this.position += bytes.length
    if (this.#draining === undefined) {
      this.#draining = this.#drain()
      this.#draining.catch(() => {}) // kept in #failure, which every later call reports
    }
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#queuedBytes > this.#bufferBytes ? this.#draining : undefined
  }

  settled(): Promise<void> | undefined {
    return this.#draining?.catch(() => {}) // see write
  }

  async persist(): Promise<LocalToken> {
    const length = this.position
    await this.#settle()
    return this.#guarded(async () => {
      await this.#handle.sync()
      return this.#token(length)
    })
  }

  async closeForCommit(): Promise<LocalToken> {
    await this.#settle()
    return this.#guarded(async () => {
      await this.#handle.sync()
      const token = await this.#token(this.position)
      this.#closed = true
      await this.#handle.close()
      return token
    })
  }

  async abandon(): Promise<void> {
    await this.close()
    await this.#guarded(() => rm(this.#temporary, { force: true }))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#queue = []
    await this.#draining?.catch(() => {}) // bytes after the last persist are given up in any case
    await this.#guarded(() => this.#handle.close())
  }

  async #drain(): Promise<void> {
    // what the caller writes in one go is gathered too; and the thread that writes may take the processor from who is not done yet
    await Promise.resolve()
    try {
      while (this.#queue.length > 0) {
        const bytes = this.#nextBytes()
        let written = 0
        while (written < bytes.length) {
          const { bytesWritten } = await this.#handle.write(bytes, written, bytes.length - written, this.#writtenTo)
          written += bytesWritten
          this.#writtenTo += bytesWritten
        }
        this.#queuedBytes -= bytes.length
      }
    } catch (error) {
      this.#failure = nodeFileError(error, this.path, 'write')
      throw this.#failure
    } finally {
      this.#draining = undefined
    }
  }

  /** Everything that is queued, or one piece that is large enough not to be copied together with others. */
  #nextBytes(): Uint8Array {
    const [first] = this.#queue as [Uint8Array]
    if (this.#queue.length === 1 || first.length >= LARGE_BYTES) {
      this.#queue.shift()
      return first
    }
    const bytes = Buffer.concat(this.#queue)
    this.#queue = []
    return bytes
  }

  async #settle(): Promise<void> {
    if (this.#closed) throw this.#isClosed()
    await this.#draining
    if (this.#failure !== undefined) throw this.#failure
  }

  async #token(length: number): Promise<LocalToken> {
    const { mtimeMs } = await this.#handle.stat()
    return { path: this.path, temporary: this.#temporary, length, modifiedMs: Math.trunc(mtimeMs) }
  }

  async #guarded<R>(body: () => Promise<R>): Promise<R> {
    try {
      return await body()
    } catch (error) {
      throw nodeFileError(error, this.path, 'write')
    }
  }

  #isClosed(): MillraceError {
    return new MillraceError('FS_IO', `Cannot write ${this.path}: the stream was closed or abandoned before`, { origin: 'engine', at: { file: this.path } })
  }
}
