const NOTHING = Buffer.alloc(0)

/** The bytes of a file that are in memory: from the block being read to the end of the last chunk. */
export class ByteWindow {
  bytes: Buffer = NOTHING
  /** Index in `bytes` of what is read next. */
  index = 0
  /** No chunk follows. */
  ended = false
  #base: number
  readonly #chunks: AsyncIterator<Uint8Array>

  /** @param offset where in the file the chunks start. */
  constructor(chunks: AsyncIterable<Uint8Array>, offset: number) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#base = offset
  }

  /** Offset in the file of `index`. */
  get position(): number {
    return this.#base + this.index
  }

  /**
   * Adds at least one byte, unless the file ends, and drops what was read. As many are added as are waiting already, so that
   * a block over many chunks is copied a logarithmic number of times only.
   */
  async more(): Promise<void> {
    const rest = this.bytes.subarray(this.index)
    const parts: Uint8Array[] = rest.length === 0 ? [] : [rest]
    for (let added = 0; added === 0 || added < rest.length; ) {
      const chunk = await this.#chunks.next()
      if (chunk.done === true) {
        this.ended = true
        break
      }
      if (chunk.value.length === 0) continue
      parts.push(chunk.value)
      added += chunk.value.length
    }
    this.#base += this.index
    this.index = 0
    const [only] = parts
    this.bytes = parts.length === 1 && only !== undefined ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(parts)
  }

  /** Makes at least `count` bytes ready from `index` on; fewer only at the end of the file. */
  async need(count: number): Promise<void> {
    while (this.bytes.length - this.index < count && !this.ended) await this.more()
  }

  async close(): Promise<void> {
    this.ended = true
    await this.#chunks.return?.()
  }
}
