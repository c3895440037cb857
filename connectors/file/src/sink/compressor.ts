import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { createGzip, createZstdCompress } from 'node:zlib'
import type { Gzip, ZstdCompress } from 'node:zlib'

/** Of each file as a whole. */
export type FileSinkCompression = 'none' | 'gzip' | 'zstd'

export const COMPRESSED_EXTENSION: Readonly<Record<FileSinkCompression, string>> = { none: '', gzip: '.gz', zstd: '.zst' }

/** How much may wait for the compressing thread before `ready` asks to wait. */
const BUDGET_BYTES = 1024 * 1024

/** Compresses on Node's thread pool while the task goes on; compressed bytes arrive at `output` later, in order. */
export class Compressor {
  readonly #stream: Gzip | ZstdCompress
  #failure: unknown

  constructor(compression: Exclude<FileSinkCompression, 'none'>, output: (bytes: Uint8Array) => void) {
    this.#stream = compression === 'gzip' ? createGzip() : createZstdCompress()
    this.#stream.on('error', (error) => (this.#failure ??= error))
    this.#stream.on('data', (bytes: Buffer) => {
      try {
        output(bytes)
      } catch (error) {
        this.#failure ??= error
        this.#stream.destroy()
      }
    })
  }

  write(bytes: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure
    this.#stream.write(bytes)
  }

  ready(): Promise<void> | undefined {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return this.#stream.writableLength > BUDGET_BYTES ? this.#drained() : undefined
  }

  /** Resolves when the last compressed byte was handed to `output`. */
  async finish(): Promise<void> {
    if (this.#failure === undefined) this.#stream.end()
    try {
      await finished(this.#stream)
    } catch (error) {
      throw this.#failure ?? error
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  close(): void {
    this.#stream.destroy()
  }

  async #drained(): Promise<void> {
    const settled = new AbortController()
    const { signal } = settled
    try {
      // A stream that is destroyed without an error never says `drain`.
      await Promise.race([once(this.#stream, 'drain', { signal }), finished(this.#stream, { signal })])
    } catch (error) {
      throw this.#failure ?? error
    } finally {
      settled.abort()
    }
  }
}
