import { isUtf8 } from 'node:buffer'
import { ByteWindow, latin1Slice, LineFinder, utf8Slice } from '@millrace/core/spi'
import type { FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import type { CompileLines } from './compiled-lines.ts'
import { hasLongDigits } from './exact-number.ts'
import { LineDecoder } from './line-decoder.ts'
import type { Decoding } from './line-decoder.ts'
import { parseGroup } from './parse-group.ts'
import { ShapedLines } from './shaped-lines.ts'

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
  readonly #shapes: ShapedLines
  readonly #end: number
  #window: ByteWindow | undefined
  /** Lines that end at or before this index of the window are known to be UTF-8. */
  #checkedTo = 0
  /** Behind the last line feed of that. */
  #linesTo = 0
  /** The bytes up to there as Latin-1, once they are asked for. */
  #text: string | undefined
  #skippingLine = false
  #values: unknown[] = []
  #bad: PlacedBadRecord[] = []
  /** Starts and ends (without line break) of lines. */
  readonly #starts = new Int32Array(BATCH_RECORDS)
  readonly #ends = new Int32Array(GROUP_LINES)

  constructor(input: FormatInput, options: OpenFormatOptions, decoding: Decoding, maxRecordBytes: number, compile: CompileLines) {
    this.#input = input
    this.#options = options
    this.#maxRecordBytes = maxRecordBytes
    this.#decoder = new LineDecoder(decoding)
    this.#shapes = new ShapedLines(compile)
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
    const lastLine = bytes.lastIndexOf(LF) + 1
    const checked = window.ended ? bytes.length : lastLine
    this.#checkedTo = isUtf8(bytes.subarray(0, checked)) ? checked : 0
    this.#linesTo = Math.min(lastLine, this.#checkedTo)
    this.#text = undefined
  }

  /** Undefined if not one line is complete in the window. */
  #readFrom(window: ByteWindow): RecordBatch<unknown> | undefined {
    if (this.#skippingLine && !this.#passLine(window)) return undefined
    let position = -1
    for (;;) {
      const at = window.position
      const done = this.#values.length + this.#bad.length
      if (done >= BATCH_RECORDS) break
      const advanced = this.#readShaped(window) || this.#readGroup(window)
      if (position < 0 && this.#values.length + this.#bad.length > done) position = at
      if (!advanced) break
    }
    if (position < 0) return undefined
    const batch = { position, values: this.#values, bad: this.#bad.length === 0 ? NO_BAD : this.#bad }
    this.#values = []
    this.#bad = []
    return batch
  }

  /** Reads lines of the shape at hand; false if there is none, or the next line has another. */
  #readShaped(window: ByteWindow): boolean {
    const { bytes, index: first } = window
    const stop = Math.min(this.#linesTo, first + this.#end - window.position)
    const { read } = this.#shapes
    if (read === undefined || first >= stop) return false
    const base = window.position - first
    const { plain } = this.#decoder
    const values = plain ? this.#values : []
    const before = values.length
    const max = BATCH_RECORDS - this.#bad.length - (plain ? 0 : this.#values.length)
    const text = (this.#text ??= latin1Slice(bytes, 0, this.#linesTo))
    const next = read(bytes, text, first, stop, this.#linesTo, this.#maxRecordBytes, values, this.#starts, max)
    this.#shapes.count(values.length - before, next < stop && values.length < max)
    if (!plain) {
      for (let i = 0; i < values.length; i++) {
        const start = this.#starts[i] as number
        const end = endOfLine(bytes, start, i + 1 < values.length ? (this.#starts[i + 1] as number) : next)
        this.#take(this.#decoder.decodeValue(values[i], bytes, start, end), bytes, start, end, base)
      }
    }
    window.index = next
    return next > first
  }

  /** Reads up to a group of lines, or one where the others may have the shape at hand; false if none is complete. */
  #readGroup(window: ByteWindow): boolean {
    const { bytes, ended, index: first } = window
    const base = window.position - first
    let next = first
    let count = 0
    const most = this.#shapes.read === undefined ? GROUP_LINES : 1
    while (count < most && next < bytes.length && base + next < this.#end) {
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
      if (values === undefined) this.#readLine(bytes, start, end, base, losesDigits)
      else if (this.#decoder.plain) this.#values.push(values[i])
      else this.#take(this.#decoder.decodeValue(values[i], bytes, start, end), bytes, start, end, base)
    }
    if (values !== undefined) this.#shapes.passed(count, bytes, this.#starts[count - 1] as number, this.#ends[count - 1] as number)
    window.index = next
    return true
  }

  #readLine(bytes: Buffer, start: number, end: number, base: number, mayHaveLongDigits: boolean): void {
    const encoded = end <= this.#checkedTo || isUtf8(bytes.subarray(start, end))
    if (!encoded) return this.#reject(bytes, start, end, base, 'JSON_ENCODING', null, 'The line is not UTF-8. Convert the file')
    const text = utf8Slice(bytes, start, end)
    if (text.trim() === '') return
    const value = this.#decoder.decodeText(text, mayHaveLongDigits)
    this.#take(value, bytes, start, end, base)
    if (value !== undefined) this.#shapes.passed(1, bytes, start, end)
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

/** Without its line break, for a line that has one. */
function endOfLine(bytes: Buffer, start: number, next: number): number {
  return next - start > 1 && bytes[next - 2] === CR ? next - 2 : next - 1
}
