import { isUtf8 } from 'node:buffer'
import { ByteWindow, LineFinder, MillraceError } from '@millrace/core/spi'
import type { BadRecord, FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import type { CompileRows, ReadRows } from './compiled-rows.ts'
import type { CsvDialect } from './csv-options.ts'
import { textDecoder } from './field-decoder.ts'
import { findLineEnd, PLAIN, RecordScanner } from './record-scanner.ts'
import type { ScanResult } from './record-scanner.ts'
import { RowDecoder, textFields } from './row-decoder.ts'
import type { RowField } from './row-decoder.ts'
import { utf16Bytes, utf16ToUtf8, utf8ToUtf16 } from './utf16.ts'

const BATCH_RECORDS = 1000
const NO_BAD: readonly PlacedBadRecord[] = Object.freeze([])
const BOM = Buffer.from('\uFEFF')

/** Reads the records of one file or of the range of it, in which a record lies that starts in it. */
export class CsvReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #options: OpenFormatOptions
  readonly #fields: readonly RowField[] | undefined
  readonly #dialect: CsvDialect
  readonly #compile: CompileRows
  readonly #validate: ((row: unknown) => unknown) | undefined
  readonly #wide: boolean
  readonly #scanner: RecordScanner
  readonly #lines: LineFinder
  readonly #end: number
  #window: ByteWindow | undefined
  #decoder: RowDecoder | undefined
  #readRows: ReadRows | undefined
  /** Records that end at or before this index of the window are known to be well encoded. */
  #checkedTo = 0
  /** Behind the last line feed of that. */
  #linesTo = 0
  /** The rest of a line is being passed over: one that is too long to be kept, or one that started before the range. */
  #skippingLine = false
  #rows: unknown[] = []
  #bad: PlacedBadRecord[] = []

  /** @param fields undefined: all columns of the file, as texts. */
  constructor(input: FormatInput, options: OpenFormatOptions, fields: readonly RowField[] | undefined, dialect: CsvDialect, compile: CompileRows, validate?: (row: unknown) => unknown) {
    this.#compile = compile
    this.#validate = validate
    this.#input = input
    this.#options = options
    this.#fields = fields
    this.#dialect = dialect
    this.#wide = dialect.encoding === 'utf-16le' || dialect.encoding === 'utf-16be'
    this.#scanner = new RecordScanner(dialect)
    this.#lines = new LineFinder(() => input.chunks(0), dialect.encoding)
    this.#end = options.range?.end ?? Number.POSITIVE_INFINITY
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#options.signal.throwIfAborted()
    this.#decoder ??= await this.#start()
    const window = this.#window as ByteWindow
    for (;;) {
      const batch = this.#readFrom(window, this.#decoder)
      if (batch !== undefined) return batch.bad.length === 0 ? batch : { ...batch, bad: await this.#lines.withLines(batch.bad) }
      if (window.position >= this.#end || window.ended) return undefined
      await this.#more(window)
    }
  }

  async close(): Promise<void> {
    await this.#window?.close()
    await this.#lines.close()
  }

  async #more(window: ByteWindow): Promise<void> {
    await window.more()
    const { bytes } = window
    const lastLine = bytes.lastIndexOf(0x0a) + 1
    const checked = window.ended ? bytes.length : lastLine
    this.#checkedTo = this.#wellEncoded(bytes.subarray(0, checked)) ? checked : 0
    this.#linesTo = Math.min(lastLine, this.#checkedTo)
  }

  /** Reads the header, if there is one, and goes to the first record that is asked for. */
  async #start(): Promise<RowDecoder> {
    const { range, position } = this.#options
    const from = position ?? range?.start ?? 0
    const { header } = this.#dialect
    let columns = this.#dialect.columns ?? this.#fields?.map((field) => field.name)
    if (header !== false || from <= BOM.length) {
      const window = this.#openAt(0)
      while (!window.ended && window.bytes.length < BOM.length) await this.#more(window)
      if (!this.#dialect.encoding.startsWith('latin') && window.bytes.subarray(0, BOM.length).equals(BOM)) window.index = BOM.length
      const names = header === false ? undefined : await this.#readHeader(window)
      if (header === true) columns = names ?? columns
    }
    const decoder = new RowDecoder(this.#fields ?? textFields(columns ?? []), columns ?? [], this.#dialect, this.#input.path, this.#validate)
    this.#readRows = this.#validate === undefined ? this.#compile(decoder.fields, decoder.columns, this.#dialect) : undefined
    if (from > (this.#window?.position ?? -1)) {
      await this.#window?.close()
      // A range's first record starts after the first line break from the byte before the range on.
      this.#openAt(position ?? from - 1)
      this.#skippingLine = position === undefined
    }
    return decoder
  }

  #openAt(offset: number): ByteWindow {
    const chunks = this.#input.chunks(offset)
    const { encoding } = this.#dialect
    this.#window = this.#wide ? new ByteWindow(utf16ToUtf8(chunks, encoding), offset, utf16Bytes) : new ByteWindow(chunks, offset)
    return this.#window
  }

  /** Undefined for an empty file. */
  async #readHeader(window: ByteWindow): Promise<readonly string[] | undefined> {
    const scanner = this.#scanner
    for (;;) {
      const { bytes, index, ended } = window
      if (ended && index === bytes.length) return undefined
      if (this.#startsComment(bytes, index)) this.#skippingLine = true
      if (this.#skippingLine) {
        if (!this.#passLine(window)) await this.#more(window)
        continue
      }
      const limit = Math.min(bytes.length, index + this.#dialect.maxRecordBytes)
      const result = index === limit ? 'incomplete' : scanner.scan(bytes, index, limit, ended && limit === bytes.length)
      if (result === 'complete') {
        const names = Array.from({ length: scanner.count }, (_, i) => columnName(scanner, bytes, i, this.#dialect))
        window.index = scanner.next
        return names
      }
      if (result !== 'incomplete' || limit < bytes.length || ended) {
        const message = `${this.#input.path}: the first line is no CSV header (${result}). Mend the file, or set header: false`
        throw new MillraceError('CSV_COLUMNS', message, { origin: 'external', at: { file: this.#input.path, line: 1 } })
      }
      await this.#more(window)
    }
  }

  /** Undefined if not one record is complete in the window. */
  #readFrom(window: ByteWindow, decoder: RowDecoder): RecordBatch<unknown> | undefined {
    const { bytes } = window
    const readRows = this.#readRows
    const linesTo = this.#linesTo
    const stop = this.#wide || this.#end === Number.POSITIVE_INFINITY ? linesTo : Math.min(linesTo, window.index + this.#end - window.position)
    const rows = this.#rows
    let position = -1
    let done = 0
    while (done < BATCH_RECORDS && window.index < bytes.length && window.position < this.#end) {
      const at = window.position
      if (readRows !== undefined && !this.#skippingLine && window.index < stop) {
        window.index = readRows(bytes, window.index, stop, linesTo, rows, BATCH_RECORDS - this.#bad.length)
      }
      const before = done
      done = rows.length + this.#bad.length
      if (position < 0 && done > before) position = at
      if (done >= BATCH_RECORDS || window.position >= this.#end) break
      const next = window.position
      if (!this.#readRecord(window, decoder)) break
      if (position < 0 && rows.length + this.#bad.length > done) position = next
      done = rows.length + this.#bad.length
    }
    if (position < 0) return undefined
    const batch = { position, values: rows, bad: this.#bad.length === 0 ? NO_BAD : this.#bad }
    this.#rows = []
    this.#bad = []
    return batch
  }

  /** Reads a record of any kind, or passes over a line; false if the window must grow first. */
  #readRecord(window: ByteWindow, decoder: RowDecoder): boolean {
    const scanner = this.#scanner
    const { bytes, ended, index } = window
    if (this.#startsComment(bytes, index)) this.#skippingLine = true
    if (this.#skippingLine) return this.#passLine(window)
    const columnCount = decoder.columns.length
    const limit = Math.min(bytes.length, index + this.#dialect.maxRecordBytes)
    const result = scanner.scan(bytes, index, limit, ended && limit === bytes.length)
    if (result === 'incomplete' && !ended && limit < index + this.#dialect.maxRecordBytes) return false
    if (result !== 'complete') return this.#rejectLine(window, result)
    const blank = scanner.count === 1 && columnCount !== 1 && scanner.starts[0] === scanner.ends[0] && scanner.kinds[0] === PLAIN
    if (!blank) {
      const encoded = scanner.next <= this.#checkedTo || this.#wellEncoded(bytes.subarray(index, scanner.next))
      const row = encoded && (scanner.count === columnCount || this.#dialect.fillRagged) ? decoder.decode(scanner, bytes) : undefined
      if (row === undefined) this.#rejectRecord(window, encoded, decoder)
      else this.#rows.push(row)
    }
    window.index = scanner.next
    return true
  }

  #wellEncoded(bytes: Uint8Array): boolean {
    return this.#dialect.encoding === 'latin1' || isUtf8(bytes)
  }

  #startsComment(bytes: Buffer, index: number): boolean {
    return this.#dialect.commentByte >= 0 && bytes[index] === this.#dialect.commentByte
  }

  #rejectRecord(window: ByteWindow, encoded: boolean, decoder: RowDecoder): void {
    const { count, next } = this.#scanner
    const expected = decoder.columns.length
    if (!encoded) this.#reject(window, next, null, 'CSV_ENCODING', `The record is not ${this.#dialect.encoding.toUpperCase()}. Convert the file, or set the encoding option`)
    else if (count !== expected && !this.#dialect.fillRagged) this.#reject(window, next, null, 'CSV_COLUMN_COUNT', `Expected ${expected} fields, found ${count}`)
    else this.#reject(window, next, decoder.failure?.field ?? null, 'CSV_VALUE', decoder.failure?.reason ?? '')
  }

  /**
   * A record whose end cannot be found damages only the line it starts on: reading goes on at the next one, so that one stray
   * quote does not swallow good records. False if the window must grow first to know where that line ends.
   */
  #rejectLine(window: ByteWindow, result: ScanResult): boolean {
    const { bytes, index, ended } = window
    const longest = index + this.#dialect.maxRecordBytes
    const limit = Math.min(bytes.length, longest + 1) // one more, to see the LF after a CR
    const lineEnd = findLineEnd(bytes, index, limit, ended && limit === bytes.length)
    if (lineEnd === undefined && limit <= longest) return false
    const next = lineEnd?.next ?? longest
    if (result === 'incomplete') {
      this.#reject(window, next, null, 'CSV_RECORD_TOO_LONG', `The record is longer than maxRecordBytes (${this.#dialect.maxRecordBytes}), or a quote in it is never closed`)
    } else {
      const what = result === 'open-quote' ? 'A quote is never closed' : 'Text follows a closing quote; a quote inside a quoted field is written twice'
      this.#reject(window, next, null, 'CSV_QUOTE', what)
    }
    window.index = next
    if (lineEnd === undefined) this.#skippingLine = true
    return true
  }

  #reject(window: ByteWindow, next: number, field: string | null, code: string, reason: string): void {
    const raw = window.bytes.subarray(window.index, next)
    const record: BadRecord = {
      raw: this.#wide ? utf8ToUtf16(raw, this.#dialect.encoding) : new Uint8Array(raw),
      source: this.#input.path,
      partition: null,
      offset: window.position,
      line: null,
      field,
      code,
      reason,
    }
    this.#bad.push({ index: this.#rows.length, record })
  }

  /** True once the window stands after the line break that was looked for. */
  #passLine(window: ByteWindow): boolean {
    const { bytes, ended } = window
    const found = findLineEnd(bytes, window.index, bytes.length, ended)
    // A CR at the very end stays: the next chunk may start with its LF.
    window.index = found?.next ?? (bytes.at(-1) === 0x0d ? bytes.length - 1 : bytes.length)
    if (found === undefined) return false
    this.#skippingLine = false
    return true
  }
}

/** Spaces around a name mean nothing, unless it is quoted. */
function columnName({ starts, ends, kinds }: RecordScanner, bytes: Buffer, index: number, dialect: CsvDialect): string {
  const name = textDecoder(dialect)(bytes, starts[index] as number, ends[index] as number, kinds[index] as number)
  return kinds[index] === PLAIN ? name.trim() : name
}
