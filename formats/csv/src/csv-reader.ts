import { isUtf8 } from 'node:buffer'
import { MillraceError } from '@millrace/core/spi'
import type { BadRecord, FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import { ByteWindow } from './byte-window.ts'
import type { CsvDialect } from './csv-options.ts'
import { findLineEnd, PLAIN, RecordScanner } from './record-scanner.ts'
import type { ScanResult } from './record-scanner.ts'
import { RowDecoder } from './row-decoder.ts'
import type { RowField } from './row-decoder.ts'

const BATCH_RECORDS = 1000
const NO_BAD: readonly PlacedBadRecord[] = Object.freeze([])
const BOM = Buffer.from('\uFEFF')

/** Reads the records of one file or of the range of it, in which a record lies that starts in it. */
export class CsvReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #options: OpenFormatOptions
  readonly #fields: readonly RowField[]
  readonly #dialect: CsvDialect
  readonly #scanner: RecordScanner
  readonly #end: number
  #window: ByteWindow | undefined
  #decoder: RowDecoder | undefined
  /** Of the next record, from 1. Unknown (NaN) when reading started in the middle of the file. */
  #line = 1
  /** Records that end at or before this index of the window are known to be UTF-8. */
  #checkedTo = 0
  /** The rest of a line is being passed over: one that is too long to be kept, or one that started before the range. */
  #skippingLine = false
  #rows: unknown[] = []
  #bad: PlacedBadRecord[] = []

  constructor(input: FormatInput, options: OpenFormatOptions, fields: readonly RowField[], dialect: CsvDialect) {
    this.#input = input
    this.#options = options
    this.#fields = fields
    this.#dialect = dialect
    this.#scanner = new RecordScanner(dialect.delimiter, dialect.embeddedNewlines)
    this.#end = options.range?.end ?? Number.POSITIVE_INFINITY
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#options.signal.throwIfAborted()
    this.#decoder ??= await this.#start()
    const window = this.#window as ByteWindow
    for (;;) {
      const batch = this.#readFrom(window, this.#decoder)
      if (batch !== undefined) return batch
      if (window.position >= this.#end || window.ended) return undefined
      await this.#more(window)
    }
  }

  async close(): Promise<void> {
    await this.#window?.close()
  }

  async #more(window: ByteWindow): Promise<void> {
    await window.more()
    const { bytes } = window
    const lastLine = window.ended ? bytes.length : bytes.lastIndexOf(0x0a) + 1
    this.#checkedTo = isUtf8(bytes.subarray(0, lastLine)) ? lastLine : 0
  }

  /** Reads the header, if there is one, and goes to the first record that is asked for. */
  async #start(): Promise<RowDecoder> {
    const { range, position } = this.#options
    const from = position ?? range?.start ?? 0
    let columns = this.#dialect.columns ?? this.#fields.map((field) => field.name)
    if (this.#dialect.header || from <= BOM.length) {
      const window = this.#openAt(0)
      while (!window.ended && window.bytes.length < BOM.length) await this.#more(window)
      if (window.bytes.subarray(0, BOM.length).equals(BOM)) window.index = BOM.length
      if (this.#dialect.header) columns = (await this.#readHeader(window)) ?? columns
    }
    const decoder = new RowDecoder(this.#fields, columns, this.#dialect, this.#input.path)
    if (from > (this.#window?.position ?? -1)) {
      this.#line = Number.NaN
      await this.#window?.close()
      // A range's first record starts after the first line break from the byte before the range on.
      this.#openAt(position ?? from - 1)
      this.#skippingLine = position === undefined
    }
    return decoder
  }

  #openAt(offset: number): ByteWindow {
    this.#window = new ByteWindow(this.#input.chunks(offset), offset)
    return this.#window
  }

  /** Undefined for an empty file. */
  async #readHeader(window: ByteWindow): Promise<readonly string[] | undefined> {
    const scanner = this.#scanner
    for (;;) {
      const { bytes, index, ended } = window
      if (ended && index === bytes.length) return undefined
      const limit = Math.min(bytes.length, index + this.#dialect.maxRecordBytes)
      const result = index === limit ? 'incomplete' : scanner.scan(bytes, index, limit, ended && limit === bytes.length)
      if (result === 'complete') {
        const names = Array.from({ length: scanner.count }, (_, i) => columnName(scanner, bytes, i))
        window.index = scanner.next
        this.#line += scanner.lineBreaks
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
    const scanner = this.#scanner
    const { bytes, ended } = window
    const singleColumn = decoder.columnCount === 1
    let position = -1
    let records = 0
    while (records < BATCH_RECORDS && window.index < bytes.length && window.position < this.#end) {
      if (this.#skippingLine) {
        if (!this.#passLine(window)) break
        continue
      }
      const { index } = window
      const limit = Math.min(bytes.length, index + this.#dialect.maxRecordBytes)
      const result = scanner.scan(bytes, index, limit, ended && limit === bytes.length)
      if (result === 'incomplete' && !ended && limit < index + this.#dialect.maxRecordBytes) break
      const blank = result === 'complete' && scanner.count === 1 && !singleColumn && scanner.starts[0] === scanner.ends[0] && scanner.kinds[0] === PLAIN
      if (result !== 'complete') {
        const at = window.position
        if (!this.#rejectLine(window, result)) break
        if (records++ === 0) position = at
        continue
      }
      if (!blank) {
        if (records++ === 0) position = window.position
        const encoded = scanner.next <= this.#checkedTo || isUtf8(bytes.subarray(index, scanner.next))
        const row = encoded && scanner.count === decoder.columnCount ? decoder.decode(scanner, bytes) : undefined
        if (row === undefined) this.#rejectRecord(window, encoded, decoder)
        else this.#rows.push(row)
      }
      window.index = scanner.next
      this.#line += scanner.lineBreaks
    }
    if (records === 0) return undefined
    const batch = { position, values: this.#rows, bad: this.#bad.length === 0 ? NO_BAD : this.#bad }
    this.#rows = []
    this.#bad = []
    return batch
  }

  #rejectRecord(window: ByteWindow, encoded: boolean, decoder: RowDecoder): void {
    const { count, next } = this.#scanner
    if (!encoded) this.#reject(window, next, null, 'CSV_ENCODING', 'The record is not UTF-8. Convert the file')
    else if (count !== decoder.columnCount) {
      this.#reject(window, next, null, 'CSV_COLUMN_COUNT', `Expected ${decoder.columnCount} fields, found ${count}`)
    } else this.#reject(window, next, decoder.failure?.field ?? null, 'CSV_VALUE', decoder.failure?.reason ?? '')
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
    else this.#line++
    return true
  }

  #reject(window: ByteWindow, next: number, field: string | null, code: string, reason: string): void {
    const record: BadRecord = {
      raw: new Uint8Array(window.bytes.subarray(window.index, next)),
      source: this.#input.path,
      partition: null,
      offset: window.position,
      line: Number.isNaN(this.#line) ? null : this.#line,
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
    this.#line++
    return true
  }
}

/** Spaces around a name mean nothing, unless it is quoted. */
function columnName({ starts, ends, kinds }: RecordScanner, bytes: Buffer, index: number): string {
  const name = bytes.toString('utf8', starts[index], ends[index])
  return kinds[index] === PLAIN ? name.trim() : name.replaceAll('""', '"')
}
