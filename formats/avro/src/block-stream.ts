import type { FormatInput, MillraceError } from '@millrace/core/spi'
import { asDamage, damaged } from './avro-error.ts'
import { ByteTap } from './byte-tap.ts'
import { ByteWindow } from './byte-window.ts'
import { codecNamed } from './codecs.ts'
import type { AvroCodec } from './codecs.ts'
import { MARKER_BYTES, readHeader } from './container-header.ts'
import type { ContainerHeader } from './container-header.ts'

/** Two numbers of at most ten bytes each. */
const BLOCK_HEADER_BYTES = 20

/** A block of records, decompressed. */
export interface Block {
  /** Where it starts in the file. */
  readonly offset: number
  readonly count: number
  readonly content: Buffer
  /** Where its records start in the file, if they are not compressed. */
  readonly contentOffset: number | undefined
}

/** A block that cannot be read; reading goes on after the next marker. */
export interface DamagedBlock {
  readonly offset: number
  readonly raw: Uint8Array | null
  readonly damage: MillraceError
}

export interface BlockStreamOptions {
  readonly codecs: Readonly<Record<string, AvroCodec>>
  readonly maxBlockBytes: number
}

/** The blocks of a container file whose marker before them starts below `end`. */
export class BlockStream {
  readonly #input: FormatInput
  readonly #options: BlockStreamOptions
  readonly #end: number
  readonly #tap = new ByteTap()
  #window: ByteWindow
  #header: ContainerHeader | undefined
  #codec: AvroCodec | undefined
  /** The last block was damaged: go to the next marker first. */
  #lost = false

  constructor(input: FormatInput, options: BlockStreamOptions, end: number) {
    this.#input = input
    this.#options = options
    this.#end = end
    this.#window = new ByteWindow(input.chunks(0), 0)
  }

  /** Reads the header. */
  async open(): Promise<ContainerHeader> {
    const header = await readHeader(this.#window, this.#input.path)
    this.#codec = codecNamed(header.codec, this.#options.codecs, this.#input.path)
    this.#header = header
    return header
  }

  /** To the first block whose marker before it starts at `start` or later. */
  async seekRange(start: number): Promise<void> {
    if (start <= this.#window.position - MARKER_BYTES) return
    await this.#reopen(start)
    await this.#seekMarker()
  }

  /** To the block that starts at `offset`. */
  async seekBlock(offset: number): Promise<void> {
    if (offset !== this.#window.position) await this.#reopen(offset)
  }

  async next(): Promise<Block | DamagedBlock | undefined> {
    const window = this.#window
    if (this.#lost) await this.#seekMarker()
    this.#lost = false
    if (window.position - MARKER_BYTES >= this.#end) return undefined
    await window.need(BLOCK_HEADER_BYTES)
    if (window.index === window.bytes.length) return undefined
    const offset = window.position
    let stored: Buffer | undefined
    try {
      const { count, size, contentStart } = this.#readBlockHeader(window)
      const headerBytes = contentStart - window.index
      await window.need(headerBytes + size + MARKER_BYTES)
      const start = window.index + headerBytes
      stored = window.bytes.subarray(start, start + size)
      const marker = window.bytes.subarray(start + size, start + size + MARKER_BYTES)
      if (!marker.equals((this.#header as ContainerHeader).marker)) throw damaged(marker.length < MARKER_BYTES ? 'expected a whole block, found the end of the file' : 'expected the marker of the file after the block, found other bytes')
      const content = this.#decompress(stored)
      window.index = start + size + MARKER_BYTES
      return { offset, count, content, contentOffset: content === stored ? offset + headerBytes : undefined }
    } catch (error) {
      this.#lost = true
      const damage = asDamage(error, { file: this.#input.path, offset })
      return { offset, raw: stored === undefined ? null : new Uint8Array(stored), damage }
    }
  }

  async close(): Promise<void> {
    await this.#window.close()
  }

  #readBlockHeader(window: ByteWindow): { readonly count: number; readonly size: number; readonly contentStart: number } {
    const tap = this.#tap
    const { maxBlockBytes } = this.#options
    tap.open(window.bytes, window.index, window.bytes.length)
    const count = tap.long()
    const size = tap.long()
    tap.checkEnd()
    if (!(Number.isSafeInteger(count) && count >= 0)) throw damaged(`expected the number of records in a block, found ${count}`)
    if (!(size >= 0 && size <= maxBlockBytes)) throw damaged(`expected a block of at most ${maxBlockBytes} bytes (option maxBlockBytes), found ${size}`)
    return { count, size, contentStart: tap.at }
  }

  #decompress(stored: Buffer): Buffer {
    const content = (this.#codec as AvroCodec).decompress(stored, this.#options.maxBlockBytes)
    return content instanceof Buffer ? content : Buffer.from(content.buffer, content.byteOffset, content.byteLength)
  }

  /** Leaves the window after the next marker, or at the end of the file. */
  async #seekMarker(): Promise<void> {
    const window = this.#window
    const { marker } = this.#header as ContainerHeader
    for (;;) {
      const found = window.bytes.indexOf(marker, window.index)
      if (found >= 0) {
        window.index = found + MARKER_BYTES
        return
      }
      // a marker may have begun in the last bytes
      if (!window.ended) window.index = Math.max(window.index, window.bytes.length - MARKER_BYTES + 1)
      else window.index = window.bytes.length
      if (window.ended) return
      await window.more()
    }
  }

  async #reopen(offset: number): Promise<void> {
    await this.#window.close()
    this.#window = new ByteWindow(this.#input.chunks(offset), offset)
  }
}
