import { scannedEncoding } from './csv-options.ts'
import type { CsvDialect } from './csv-options.ts'

const LF = 0x0a
const CR = 0x0d

/** How a field was written: `ESCAPED` is quoted with escaped quotes inside. */
export const PLAIN = 0
export const QUOTED = 1
export const ESCAPED = 2

export type ScanResult = 'complete' | 'incomplete' | 'open-quote' | 'text-after-quote'

/**
 * Finds the fields of one record at a time (RFC 4180, with LF, CRLF or CR as line break and quotes inside unquoted fields
 * taken literally). Results stay in the scanner's arrays until the next call, so that scanning allocates nothing.
 */
export class RecordScanner {
  /** Fields [0, count): their content without quotes. */
  starts: Int32Array = new Int32Array(64)
  ends: Int32Array = new Int32Array(64)
  kinds: Uint8Array = new Uint8Array(64)
  count = 0
  /** Where the next record starts. */
  next = 0
  readonly #delimiter: Buffer
  readonly #first: number
  readonly #quote: number
  readonly #escape: number
  readonly #embeddedNewlines: boolean

  constructor(dialect: CsvDialect) {
    this.#delimiter = Buffer.from(dialect.delimiter, scannedEncoding(dialect))
    this.#first = this.#delimiter[0] as number
    this.#quote = dialect.quoteByte
    this.#escape = dialect.escapeByte
    this.#embeddedNewlines = dialect.embeddedNewlines
  }

  /** Scans the record at `from` < `limit`. `atEnd`: nothing follows `limit`, so the last record needs no line break. */
  scan(bytes: Buffer, from: number, limit: number, atEnd: boolean): ScanResult {
    const first = this.#first
    const width = this.#delimiter.length
    let i = from
    this.count = 0
    for (;;) {
      if (i < limit && bytes[i] === this.#quote) {
        const result = this.#scanQuoted(bytes, i + 1, limit, atEnd)
        if (result !== 'complete') return result
        i = this.next
        if (i + width > limit && !atEnd) return 'incomplete'
      } else {
        const start = i
        while (i < limit) {
          const byte = bytes[i] as number
          if (byte === LF || byte === CR || (byte === first && (width === 1 || this.#isDelimiter(bytes, i, limit)))) break
          i++
        }
        if (i === limit && !atEnd) return 'incomplete'
        this.#add(start, i, PLAIN)
      }
      if (i === limit) {
        this.next = limit
        return 'complete'
      }
      const byte = bytes[i] as number
      if (byte === first && (width === 1 || this.#isDelimiter(bytes, i, limit))) {
        i += width
        continue
      }
      i++
      if (byte === CR) {
        if (i === limit && !atEnd) return 'incomplete'
        if (i < limit && bytes[i] === LF) i++
      } else if (byte !== LF) return 'text-after-quote'
      this.next = i
      return 'complete'
    }
  }

  #isDelimiter(bytes: Buffer, at: number, limit: number): boolean {
    const delimiter = this.#delimiter
    if (at + delimiter.length > limit) return false
    for (let i = 1; i < delimiter.length; i++) if (bytes[at + i] !== delimiter[i]) return false
    return true
  }

  /** Leaves the index after the closing quote in `next`. */
  #scanQuoted(bytes: Buffer, start: number, limit: number, atEnd: boolean): ScanResult {
    const quote = this.#quote
    const escape = this.#escape
    let kind = QUOTED
    let i = start
    for (; i < limit; i++) {
      const byte = bytes[i] as number
      if (byte === escape) {
        if (i + 1 === limit && !atEnd) return 'incomplete'
        if (i + 1 < limit && (bytes[i + 1] === quote || bytes[i + 1] === escape)) {
          kind = ESCAPED
          i++
          continue
        }
      }
      if (byte === quote) {
        this.#add(start, i, kind)
        this.next = i + 1
        return 'complete'
      }
      if ((byte === LF || byte === CR) && !this.#embeddedNewlines) return 'open-quote'
    }
    return atEnd ? 'open-quote' : 'incomplete'
  }

  #add(start: number, end: number, kind: number): void {
    const index = this.count++
    if (index === this.starts.length) this.#grow()
    this.starts[index] = start
    this.ends[index] = end
    this.kinds[index] = kind
  }

  #grow(): void {
    const { starts, ends, kinds } = this
    this.starts = new Int32Array(starts.length * 2)
    this.ends = new Int32Array(starts.length * 2)
    this.kinds = new Uint8Array(starts.length * 2)
    this.starts.set(starts)
    this.ends.set(ends)
    this.kinds.set(kinds)
  }
}

/** Where the line that starts at `from` ends and the next one starts; undefined if `limit` comes first. */
export function findLineEnd(bytes: Buffer, from: number, limit: number, atEnd: boolean): { end: number; next: number } | undefined {
  for (let i = from; i < limit; i++) {
    const byte = bytes[i]
    if (byte === LF) return { end: i, next: i + 1 }
    if (byte !== CR) continue
    if (i + 1 === limit && !atEnd) return undefined
    return { end: i, next: i + 1 < limit && bytes[i + 1] === LF ? i + 2 : i + 1 }
  }
  return atEnd ? { end: limit, next: limit } : undefined
}
