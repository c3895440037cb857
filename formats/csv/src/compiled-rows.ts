import { latin1Slice, ShortStringCache, utf8Slice } from '@millrace/core/spi'
import type { CsvDialect } from './csv-options.ts'
import { scannedEncoding } from './csv-options.ts'
import { fieldDecoder, INVALID, textDecoder } from './field-decoder.ts'
import { rowCode } from './row-code.ts'
import type { RowField } from './row-decoder.ts'

/**
 * Reads consecutive records from `from`, where one starts, and adds their rows to `rows`, until one does not start before
 * `stop`, `rows` has `max` elements, or a record comes that needs the scanner: a bad one, a blank line, a comment. Gives back
 * where the first record starts that was not read. `bytes[limit - 1]` must be a line feed, and stop ≤ limit.
 */
export type ReadRows = (bytes: Buffer, from: number, stop: number, limit: number, rows: unknown[], max: number) => number

/** V8 no longer optimises functions that are much larger. */
const MAX_COLUMNS = 250
/** Files with other columns each would otherwise fill the memory. */
const MAX_COMPILED = 64
/** 10^k is exact in a double up to k = 22. */
const POWERS = Array.from({ length: 16 }, (_, k) => 10 ** k)
/**
 * Code for one row type and dialect that scans and decodes in one pass over the bytes: numbers are made while looking for
 * their end, and texts are cut from the record decoded as a whole. Does what RecordScanner and RowDecoder do, two to three
 * times faster; undefined where only they will do, as for delimiters of several bytes, or where code generation is forbidden.
 */
export function compileRows(fields: readonly RowField[], columns: readonly string[], dialect: CsvDialect): ReadRows | undefined {
  const oneByte = dialect.delimiter.length === 1 && dialect.delimiter.charCodeAt(0) < 0x80
  if (!oneByte || dialect.quoteByte !== dialect.escapeByte || columns.length > MAX_COLUMNS || fields.length === 0) return undefined
  const encoding = scannedEncoding(dialect)
  const decoders = fields.map(({ name, type }) => fieldDecoder(type, dialect, name))
  const caches = fields.map(() => new ShortStringCache())
  const quoted = dialect.embeddedNewlines ? quoteEnd : quoteEndOnLine
  const decode = encoding === 'utf8' ? utf8Slice : latin1Slice
  const helpers = { decode, decoders, caches, INVALID, POWERS, extraBytes, textEnd, quoteEnd: quoted, textOf: textDecoder(dialect), quote: dialect.quote }
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- of the job only names go into it, quoted by JSON.stringify
    const make = new Function('helpers', `const { ${Object.keys(helpers).join(', ')} } = helpers\n${rowCode(fields, columns, dialect)}`)
    return make(helpers) as ReadRows
  } catch {
    return undefined
  }
}

/** By how much the bytes of UTF-8 in [from, to) outnumber the UTF-16 units of the same text. */
function extraBytes(bytes: Buffer, from: number, to: number): number {
  let extra = 0
  for (let i = from; i < to; i++) {
    const byte = bytes[i] as number
    extra += ((byte >> 7) & (~byte >> 6)) + ((239 - byte) >> 31) // 1 for 10xxxxxx, −1 for 11110xxx, which stand for two units
  }
  return extra
}

export type CompileRows = typeof compileRows

/** Compiles once for each list of columns: the readers of a file's ranges, and of files alike, then share what V8 has learnt. Fields and dialect must not vary. */
export function compilingOnce(): CompileRows {
  const compiled = new Map<string, ReadRows | undefined>()
  return (fields, columns, dialect) => {
    const key = columns.join('\0')
    if (!compiled.has(key)) {
      if (compiled.size >= MAX_COMPILED) compiled.clear()
      compiled.set(key, compileRows(fields, columns, dialect))
    }
    return compiled.get(key)
  }
}

/** Where the quoted field whose content starts at `from` ends. The search of strings is faster than counting bytes. */
function textEnd(text: string, from: number, quote: string, escaped: boolean): number {
  let end = text.indexOf(quote, from)
  if (escaped) while (text.startsWith(quote, end + 1)) end = text.indexOf(quote, end + 2)
  return end
}

/** The next quote from `from` on, or `limit`. Most fields are short; for others the search of the buffer is faster than a loop. */
function quoteEnd(bytes: Buffer, from: number, limit: number, quote: number): number {
  const near = Math.min(limit, from + 24)
  for (let i = from; i < near; i++) if (bytes[i] === quote) return i
  if (near === limit) return limit
  const found = bytes.indexOf(quote, near)
  return found < 0 || found > limit ? limit : found
}

/** The same for dialects in which a line break ends an open quote. */
function quoteEndOnLine(bytes: Buffer, from: number, limit: number, quote: number): number {
  for (let i = from; i < limit; i++) {
    const byte = bytes[i]
    if (byte === quote) return i
    if (byte === 10 || byte === 13) break
  }
  return limit
}
