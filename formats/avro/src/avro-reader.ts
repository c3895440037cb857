import type { BadRecord, FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import { describeError, latin1Slice, MillraceError } from '@millrace/core/spi'
import { asDamage } from './avro-error.ts'
import { parseSchema } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import { BlockStream } from './block-stream.ts'
import type { Block } from './block-stream.ts'
import { ByteTap } from './byte-tap.ts'
import type { AvroCodec } from './codecs.ts'
import type { Decoder } from './leaf-decoder.ts'

const BATCH_RECORDS = 1000
/** Batches of a block that positions can tell apart: exact in a double up to files of 2^40 bytes. */
const BATCHES_PER_BLOCK = 8192
const NO_BAD: readonly PlacedBadRecord[] = Object.freeze([])

export interface AvroReaderOptions {
  /** The reading of records that were written with this schema. */
  readonly decoderFor: (writer: AvroType) => Decoder
  readonly codecs: Readonly<Record<string, AvroCodec>>
  readonly maxBlockBytes: number
}

/**
 * Reads the blocks of a container file whose marker before them lies in the range. The position of a batch is the offset of
 * its block plus n ÷ 8192 for the n-th batch of that block.
 */
export class AvroReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #open: OpenFormatOptions
  readonly #options: AvroReaderOptions
  readonly #tap = new ByteTap()
  #stream: BlockStream | undefined
  #decode: Decoder | undefined
  #block: Block | undefined
  /** Records of the current block that were decoded. */
  #decoded = 0

  constructor(input: FormatInput, open: OpenFormatOptions, options: AvroReaderOptions) {
    this.#input = input
    this.#open = open
    this.#options = options
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#open.signal.throwIfAborted()
    this.#stream ??= await this.#start()
    while (this.#block === undefined) {
      const next = await this.#stream.next()
      if (next === undefined) return undefined
      if ('damage' in next) {
        const record = this.#badRecord(next.offset, next.raw, next.damage.code, next.damage.message)
        return { position: next.offset, values: [], bad: [{ index: 0, record }] }
      }
      if (next.count > 0) this.#enter(next)
    }
    return this.#nextBatch(this.#block)
  }

  async close(): Promise<void> {
    this.#block = undefined
    await this.#stream?.close()
  }

  async #start(): Promise<BlockStream> {
    const { range, position } = this.#open
    const stream = new BlockStream(this.#input, this.#options, range?.end ?? Number.POSITIVE_INFINITY)
    this.#stream = stream // to be closed also when the rest fails
    const header = await stream.open()
    const file = this.#input.path
    const { type } = parseSchema(header.schema, `the header of ${file}`)
    try {
      this.#decode = this.#options.decoderFor(type)
    } catch (error) {
      throw MillraceError.is(error) ? error.located({ file }) : error
    }
    if (position === undefined) {
      await stream.seekRange(range?.start ?? 0)
      return stream
    }
    const offset = Math.floor(position)
    await stream.seekBlock(offset)
    const batch = Math.round((position - offset) * BATCHES_PER_BLOCK)
    if (batch > 0) await this.#skipBatches(stream, batch)
    return stream
  }

  async #skipBatches(stream: BlockStream, count: number): Promise<void> {
    const block = await stream.next()
    if (block === undefined || 'damage' in block) return
    this.#enter(block)
    for (let skipped = 0; skipped < count && this.#block !== undefined; skipped++) this.#nextBatch(block)
  }

  #enter(block: Block): void {
    this.#block = block
    this.#decoded = 0
    this.#tap.reset()
    this.#tap.open(block.content, 0, block.content.length, latin1Slice(block.content, 0, block.content.length))
  }

  #nextBatch(block: Block): RecordBatch<unknown> {
    const { count, offset } = block
    const size = Math.max(BATCH_RECORDS, Math.ceil(count / BATCHES_PER_BLOCK))
    const position = offset + Math.floor(this.#decoded / size) / BATCHES_PER_BLOCK
    const end = Math.min(count, this.#decoded + size)
    const values: unknown[] = []
    const bad: PlacedBadRecord[] = []
    const tap = this.#tap
    const decode = this.#decode as Decoder
    let start = tap.at
    try {
      for (; this.#decoded < end; this.#decoded++) {
        start = tap.at
        const value = decode(tap)
        tap.checkEnd()
        if (tap.failure === undefined) values.push(value)
        else bad.push({ index: values.length, record: this.#badValue(block, start) })
      }
      if (end === count && tap.at !== tap.end) throw new Error(`expected the block to end after its ${count} records, found ${tap.end - tap.at} bytes more`)
    } catch (error) {
      bad.push({ index: values.length, record: this.#unreadable(block, start, error) })
      this.#decoded = count
    }
    if (this.#decoded === count) this.#block = undefined
    return { position, values, bad: bad.length === 0 ? NO_BAD : bad }
  }

  #badValue(block: Block, start: number): BadRecord {
    const { field, reason } = this.#tap.failure ?? { field: '', reason: '' }
    this.#tap.failure = undefined
    const raw = new Uint8Array(block.content.subarray(start, this.#tap.at))
    return { ...this.#badRecord(this.#offsetOf(block, start), raw, 'AVRO_VALUE', `Field ${field}: ${reason} (record ${this.#decoded} of the block at offset ${block.offset})`), field }
  }

  /** Where one record ends the next begins, so that nothing after this one can be found in its block. */
  #unreadable(block: Block, start: number, error: unknown): BadRecord {
    const left = block.count - this.#decoded
    const where = left === 0 ? `after the last record of the block at offset ${block.offset}` : `record ${this.#decoded} of the block at offset ${block.offset}, and with it ${left - 1} more records after it`
    const { code } = asDamage(error, {})
    return this.#badRecord(this.#offsetOf(block, start), new Uint8Array(block.content.subarray(start)), code, `Cannot read ${where}: ${describeError(error)}`)
  }

  #offsetOf(block: Block, start: number): number {
    return block.contentOffset === undefined ? block.offset : block.contentOffset + start
  }

  #badRecord(offset: number, raw: Uint8Array | null, code: string, reason: string): BadRecord {
    return { raw, source: this.#input.path, partition: null, offset, line: null, field: null, code, reason }
  }
}
