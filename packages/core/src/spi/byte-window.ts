const NOTHING = Buffer.alloc(0)
const LF = 0x0a
const MIN_JOINT_BYTES = 4096

/** How many units of the file's offsets the bytes of [from, to) stand for. */
export type Measure = (bytes: Uint8Array, from: number, to: number) => number

/** The bytes of a text file that are in memory while it is read: from the record being read to the end of the last chunk. */
export class ByteWindow {
  bytes: Buffer = NOTHING
  /** Index in `bytes` of what is read next. */
  index = 0
  /** No chunk follows. */
  ended = false
  /** Offset in the file of the index `#mark`. */
  #base: number
  #mark = 0
  /** The part of a chunk that was not added yet. */
  #waiting: Uint8Array | undefined
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #measure: Measure | undefined

  /**
   * @param offset where in the file the chunks start.
   * @param measure where offsets in the file do not count the bytes of the chunks, as these were converted.
   */
  constructor(chunks: AsyncIterable<Uint8Array>, offset: number, measure?: Measure) {
    this.#chunks = chunks[Symbol.asyncIterator]()
    this.#base = offset
    this.#measure = measure
  }

  /** Offset in the file of `index`, which only grows. */
  get position(): number {
    if (this.#measure === undefined) return this.#base + this.index
    this.#base += this.#measure(this.bytes, this.#mark, this.index)
    this.#mark = this.index
    return this.#base
  }

  /**
   * Adds at least one byte, unless the file ends, and drops what was read. Where a record lies across chunks, only as much of
   * the next one is added as lines end in, so that chunks are not copied; but at least as much as is waiting already, so that a
   * record over many chunks is copied and scanned again a logarithmic number of times only.
   */
  async more(): Promise<void> {
    const rest = this.bytes.subarray(this.index)
    const parts: Uint8Array[] = rest.length === 0 ? [] : [rest]
    for (let added = 0; added === 0 || added < rest.length; ) {
      const chunk = await this.#nextChunk()
      if (chunk === undefined) {
        this.ended = true
        break
      }
      const wanted = rest.length === 0 ? chunk.length : chunk.indexOf(LF, Math.max(rest.length, MIN_JOINT_BYTES)) + 1 || chunk.length
      this.#waiting = wanted === chunk.length ? undefined : chunk.subarray(wanted)
      parts.push(chunk.subarray(0, wanted))
      added += wanted
    }
    this.#base = this.#measure === undefined ? this.#base + this.index : this.position
    this.index = 0
    this.#mark = 0
    const [only] = parts
    this.bytes = parts.length === 1 && only !== undefined ? Buffer.from(only.buffer, only.byteOffset, only.length) : Buffer.concat(parts)
  }

  /** Never empty. */
  async #nextChunk(): Promise<Uint8Array | undefined> {
    const waiting = this.#waiting
    if (waiting !== undefined) return waiting
    for (;;) {
      const chunk = await this.#chunks.next()
      if (chunk.done === true) return undefined
      if (chunk.value.length > 0) return chunk.value
    }
  }

  async close(): Promise<void> {
    this.ended = true
    await this.#chunks.return?.()
  }
}
