import { isUtf8 } from 'node:buffer'
import { ByteWindow, LineFinder } from '@millrace/core/spi'
import type { FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import { hasLongDigits } from './exact-number.ts'
import { LineDecoder } from './line-decoder.ts'
import type { Decoding } from './line-decoder.ts'
import { parseGroup } from './parse-group.ts'

const BATCH_RECORDS = 1024
/** Lines per JSON.parse: measured best between 64 and 256; more makes one bad line cost more. */
const GROUP_LINES = 128
const LF = 0x0a
const CR = 0x0d
const NO_BAD: readonly PlacedBadRecord[] = Object.freeze([])
const BOM = Buffer.from('\uFEFF')

/** Reads the lines of one file or of the range of it, in which a line lies that starts in it. */
export class JsonLinesReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #options: OpenFormatOptions
  readonly #maxRecordBytes: number
  readonly #decoder: LineDecoder
  readonly #lines: LineFinder
  readonly #end: number
  #window: ByteWindow | undefined
  /** Lines that end at or before this index of the window are known to be UTF-8. */
  #checkedTo = 0
  #skippingLine = false
  #values: unknown[] = []
  #bad: PlacedBadRecord[] = []
  /** Starts and ends (without line break) of the lines of a group. */
  readonly #starts = new Int32Array(GROUP_LINES)
  readonly #ends = new Int32Array(GROUP_LINES)

  constructor(input: FormatInput, options: OpenFormatOptions, decoding: Decoding, maxRecordBytes: number) {
    this.#input = input
    this.#options = options
    this.#maxRecordBytes = maxRecordBytes
    this.#decoder = new LineDecoder(decoding)
    this.#lines = new LineFinder(() => input.chunks(0))
    this.#end = options.range?.end ?? Number.POSITIVE_INFINITY
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#options.signal.throwIfAborted()
    const window = (this.#window ??= await this.#start())
    for (;;) {
      const batch = this.#readFrom(window)
      if (batch !== undefined) return batch.bad.length === 0 ? batch : { ...batch, bad: await this.#lines.withLines(batch.bad) }
      if (window.position >= this.#end || window.ended) return undefined
      await this.#more(window)
    }
  }

  async close(): Promise<void> {
    await this.#window?.close()
    await this.#lines.close()
  }

  async #start(): Promise<ByteWindow> {
    const { range, position } = this.#options
    const start = range?.start ?? 0
    const nearStart = position === undefined && start <= BOM.length
    // A range's first line starts after the first line break from the byte before the range on.
    const offset = position ?? (nearStart ? 0 : start - 1)
    const window = new ByteWindow(this.#input.chunks(offset), offset)
    if (offset > 0) {
      this.#skippingLine = position === undefined
      return window
    }
    while (!window.ended && window.bytes.length < BOM.length) await this.#more(window)
    if (window.bytes.subarray(0, BOM.length).equals(BOM)) window.index = BOM.length
    if (window.position < start) {
      window.index = Math.min(start - 1, window.bytes.length)
      this.#skippingLine = true
    }
    return window
  }

  async #more(window: ByteWindow): Promise<void> {
    await window.more()
    const { bytes } = window
    const lastLine = window.ended ? bytes.length : bytes.lastIndexOf(LF) + 1
    this.#checkedTo = isUtf8(bytes.subarray(0, lastLine)) ? lastLine : 0
  }

  /** Undefined if not one line is complete in the window. */
  #readFrom(window: ByteWindow): RecordBatch<unknown> | undefined {
    if (this.#skippingLine && !this.#passLine(window)) return undefined
    let position = -1
    for (;;) {
      const at = window.position
      const done = this.#values.length + this.#bad.length
      if (done >= BATCH_RECORDS) break
      const advanced = this.#readGroup(window)
      if (position < 0 && this.#values.length + this.#bad.length > done) position = at
      if (!advanced) break
    }
    if (position < 0) return undefined
    const batch = { position, values: this.#values, bad: this.#bad.length === 0 ? NO_BAD : this.#bad }
    this.#values = []
    this.#bad = []
    return batch
  }

  /** Reads up to a group of lines; false if none is complete. */
  #readGroup(window: ByteWindow): boolean {
    const { bytes, ended, index: first } = window
    const base = window.position - first
    let next = first
    let count = 0
    while (count < GROUP_LINES && next < bytes.length && base + next < this.#end) {
      const found = bytes.indexOf(LF, next)
      if (found < 0 && !ended) break
      const lineBreak = found < 0 ? bytes.length : found
      if (lineBreak - next > this.#maxRecordBytes) break
      const end = lineBreak > next && bytes[lineBreak - 1] === CR ? lineBreak - 1 : lineBreak
      this.#starts[count] = next
      this.#ends[count++] = end
      next = Math.min(lineBreak + 1, bytes.length)
    }
    if (count === 0) return this.#rejectLongLine(window)
    const losesDigits = this.#decoder.digits && hasLongDigits(bytes, first, next)
    const values = next <= this.#checkedTo && !losesDigits ? parseGroup(bytes, this.#starts, this.#ends, count) : undefined
    for (let i = 0; i < count; i++) {
      const [start, end] = [this.#starts[i] as number, this.#ends[i] as number]
      if (values === undefined) this.#readLine(bytes, start, end, base)
      else if (this.#decoder.plain) this.#values.push(values[i])
      else this.#take(this.#decoder.decodeValue(values[i], () => bytes.toString('utf8', start, end)), bytes, start, end, base)
    }
    window.index = next
    return true
  }

  #readLine(bytes: Buffer, start: number, end: number, base: number): void {
    const encoded = end <= this.#checkedTo || isUtf8(bytes.subarray(start, end))
    if (!encoded) return this.#reject(bytes, start, end, base, 'JSON_ENCODING', null, 'The line is not UTF-8. Convert the file')
    const text = bytes.toString('utf8', start, end)
    if (text.trim() !== '') this.#take(this.#decoder.decodeText(text), bytes, start, end, base)
  }

  /** Neither JSON nor a converted value is ever undefined. */
  #take(value: unknown, bytes: Buffer, start: number, end: number, base: number): void {
    const { failure } = this.#decoder
    if (value === undefined) {
      if (failure !== undefined) this.#reject(bytes, start, end, base, failure.code, failure.field, failure.reason)
    } else if (this.#decoder.many) this.#values.push(...(value as readonly unknown[]))
    else this.#values.push(value)
  }

  /** A line beyond the limit is rejected with its beginning and then passed over. */
  #rejectLongLine(window: ByteWindow): boolean {
    const { bytes, index } = window
    if (bytes.length - index <= this.#maxRecordBytes || window.position >= this.#end) return false
    const end = index + this.#maxRecordBytes
    this.#reject(bytes, index, end, window.position - index, 'JSON_RECORD_TOO_LONG', null, `The line is longer than maxRecordBytes (${this.#maxRecordBytes})`)
    window.index = end
    this.#skippingLine = true
    return this.#passLine(window)
  }

  #reject(bytes: Buffer, start: number, end: number, base: number, code: string, field: string | null, reason: string): void {
    const raw = new Uint8Array(bytes.subarray(start, end))
    this.#bad.push({ index: this.#values.length, record: { raw, source: this.#input.path, partition: null, offset: base + start, line: null, field, code, reason } })
  }

  /** True once the window stands after the line break that was looked for. */
  #passLine(window: ByteWindow): boolean {
    const found = window.bytes.indexOf(LF, window.index)
    window.index = found < 0 ? window.bytes.length : found + 1
    if (found < 0) return false
    this.#skippingLine = false
    return true
  }
}
