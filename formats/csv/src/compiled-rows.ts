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

/** The same for the records of `block`, which ends with a line feed. Gives back `~` the index of a record that needs the scanner, or the index of one that is not read otherwise: it may end behind the block. */
type ReadBlock = (block: Buffer, from: number, stop: number, rows: unknown[], max: number) => number

/** V8 no longer optimises functions that are much larger. */
const MAX_COLUMNS = 250
/** Files with other columns each would otherwise fill the memory. */
const MAX_COMPILED = 64
/** Small enough for what is made of a block on the way to stay in the caches of the processor: measured best between 16 and 64 KiB. */
const BLOCK_BYTES = 16 * 1024
/** The first ones are smaller, as they are made in vain where the scanner is often needed. */
const FIRST_BLOCK_BYTES = 1024
const LF = 0x0a
const CR = 0x0d
/** 10^k is exact in a double up to k = 22. */
const POWERS = Array.from({ length: 16 }, (_, k) => 10 ** k)

/**
 * Code for one row type and dialect that scans and decodes in one pass: numbers are made while looking for their end, and quotes
 * are searched in the block as Latin-1, which takes no more than copying it and is searched by vector instructions. Does what
 * RecordScanner and RowDecoder do, two to three times faster; undefined where only they will do, as for delimiters of several
 * bytes, or where code generation is forbidden.
 *
 * Texts never share memory: each is decoded by itself, or copied, as V8 does with parts of up to 12 letters. Longer parts of a
 * string would keep all of it in memory for as long as they live themselves, as keys and state do.
 */
export function compileRows(fields: readonly RowField[], columns: readonly string[], dialect: CsvDialect): ReadRows | undefined {
  const oneByte = dialect.delimiter.length === 1 && dialect.delimiter.charCodeAt(0) < 0x80
  if (!oneByte || dialect.quoteByte !== dialect.escapeByte || columns.length > MAX_COLUMNS || fields.length === 0) return undefined
  const encoding = scannedEncoding(dialect)
  const decoders = fields.map(({ name, type }) => fieldDecoder(type, dialect, name))
  const caches = fields.map(() => new ShortStringCache())
  const { quote, quoteByte } = dialect
  const quoteEnd = dialect.embeddedNewlines ? (text: string, from: number) => text.indexOf(quote, from) : (text: string, from: number) => quoteEndOnLine(text, from, quoteByte)
  const shortText = encoding === 'utf8' ? shortUtf8 : shortLatin1
  const helpers = { latin1Slice, decoders, caches, INVALID, POWERS, quoteEnd, shortText, textOf: textDecoder(dialect) }
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- of the job only names go into it, quoted by JSON.stringify
    const make = new Function('helpers', `const { ${Object.keys(helpers).join(', ')} } = helpers\n${rowCode(fields, columns, dialect)}`)
    return byBlocks(make(helpers) as ReadBlock)
  } catch {
    return undefined
  }
}

function byBlocks(readBlock: ReadBlock): ReadRows {
  return (bytes, from, stop, limit, rows, max) => {
    let size = FIRST_BLOCK_BYTES
    while (from < stop && rows.length < max) {
      const to = from + size < limit ? bytes.lastIndexOf(LF, from + size) + 1 : limit
      const read = to <= from ? 0 : readBlock(bytes.subarray(from, to), 0, Math.min(stop, to) - from, rows, max)
      if (read < 0) return from + ~read
      if (read === 0 && to === limit) break
      from += read
      size = read === 0 ? size * 2 : Math.min(size * 2, BLOCK_BYTES)
    }
    return from
  }
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

/** A text of at most 12 bytes. */
function shortUtf8(cache: ShortStringCache, bytes: Buffer, text: string, start: number, end: number): string {
  const isSearched = cache.useful
  const known = isSearched ? cache.find(bytes, start, end) : undefined
  if (known !== undefined) return known
  let bits = 0
  for (let i = start; i < end; i++) bits |= bytes[i] as number
  const decoded = bits < 0x80 ? text.substring(start, end) : utf8Slice(bytes, start, end)
  return isSearched ? cache.keep(decoded, bytes, start, end) : decoded
}

function shortLatin1(cache: ShortStringCache, bytes: Buffer, text: string, start: number, end: number): string {
  if (!cache.useful) return text.substring(start, end)
  return cache.find(bytes, start, end) ?? cache.keep(text.substring(start, end), bytes, start, end)
}

/** The next quote from `from` on, or −1 if a line break comes before it. */
function quoteEndOnLine(text: string, from: number, quote: number): number {
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === quote) return i
    if (code === LF || code === CR) break
  }
  return -1
}
