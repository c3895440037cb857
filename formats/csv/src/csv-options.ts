import { MillraceError } from '@millrace/core/spi'

export type CsvEncoding = 'utf-8' | 'latin1' | 'utf-16le' | 'utf-16be'

export interface CsvOptions {
  /** What separates fields: a character, or up to 16 bytes of text. Default `,`. */
  readonly delimiter?: string
  /** One ASCII character around fields that contain delimiters or line breaks, or null: quotes mean nothing. Default `"`. */
  readonly quote?: string | null
  /** One ASCII character that makes the next quote (or itself) text inside a quoted field. Default: the quote, written twice. */
  readonly escape?: string
  /** Lines that start with this ASCII character are passed over. Default: none are. */
  readonly comment?: string
  /**
   * Whether files start with a line of column names; then columns are found by name, in any order, and others are ignored.
   * False: there is none, and columns are found by position. `ignore`: there is one, but columns are found by position.
   * Default true. Messages never have a header.
   */
  readonly header?: boolean | 'ignore'
  /** The columns of files in order, where they are found by position. Default: the fields of the row type. */
  readonly columns?: readonly string[]
  /** Unquoted fields that mean null in nullable columns. The first one is written. Default `['']`. */
  readonly nullTokens?: readonly string[]
  /**
   * What becomes of records with too few or too many fields. `reject` (default): they are bad records. `fill`: missing fields
   * are null, which only nullable columns take, and those too many are ignored.
   */
  readonly raggedRows?: 'reject' | 'fill'
  /** Of the text, without and with a byte order mark. Default `utf-8`. */
  readonly encoding?: CsvEncoding
  /**
   * False promises that no field contains a line break: large files are then cut anywhere into ranges that are read in
   * parallel, and a quote left open damages its own line only. Default true: a large file is read through once to find where
   * it may be cut (about 1 GB/s).
   */
  readonly embeddedNewlines?: boolean
  /** Longer records are bad records (CSV_RECORD_TOO_LONG); also what is read on to find the end of an open quote. Default 8 MiB. */
  readonly maxRecordBytes?: number
  /** What is written after each record. Default `'\n'`; all of LF, CRLF and CR are read. */
  readonly lineTerminator?: '\n' | '\r\n' | '\r'
  /** Which fields are written in quotes: those that need them (default), all texts, or all but nulls. */
  readonly quoteFields?: 'minimal' | 'text' | 'all'
}

/** Options with defaults, checked. Bytes are those of ASCII characters; −1 for none. */
export interface CsvDialect {
  readonly delimiter: string
  readonly quote: string
  readonly escape: string
  readonly quoteByte: number
  readonly escapeByte: number
  readonly commentByte: number
  readonly header: boolean | 'ignore'
  readonly columns: readonly string[] | undefined
  readonly nullTokens: readonly string[]
  readonly fillRagged: boolean
  readonly encoding: CsvEncoding
  readonly embeddedNewlines: boolean
  readonly maxRecordBytes: number
  readonly lineTerminator: string
  readonly quoteFields: 'minimal' | 'text' | 'all'
}

export function resolveOptions(options: CsvOptions): CsvDialect {
  const { delimiter = ',', quote = '"', comment, header = true, columns, nullTokens = [''], encoding = 'utf-8' } = options
  const { raggedRows = 'reject', embeddedNewlines = true, maxRecordBytes = 8 * 1024 * 1024, lineTerminator = '\n', quoteFields = 'minimal' } = options
  const escape = options.escape ?? quote ?? ''
  if (delimiter === '' || Buffer.byteLength(delimiter) > 16 || /[\r\n\uFEFF]/.test(delimiter) || !delimiter.isWellFormed()) {
    throw invalid(`delimiter: expected a character or up to 16 bytes of text without line breaks, found ${JSON.stringify(delimiter)}`)
  }
  if (encoding === 'latin1' && !/^[\0-\xFF]+$/.test(delimiter)) throw invalid(`delimiter: expected one that latin1 has, found ${JSON.stringify(delimiter)}`)
  const own = { quote, escape: quote === null ? null : escape, comment: comment ?? null }
  for (const [name, char] of Object.entries(own)) {
    if (char === null) continue
    if (!/^[\t -~]$/.test(char)) throw invalid(`${name}: expected one printable ASCII character, found ${JSON.stringify(char)}`)
    if (delimiter.includes(char)) throw invalid(`${name}: expected one that is not in the delimiter ${JSON.stringify(delimiter)}, found ${JSON.stringify(char)}`)
  }
  if (quote === null && options.escape !== undefined) throw invalid('escape: expected only together with a quote, as it works inside quotes')
  if (comment !== undefined && comment === quote) throw invalid('comment: expected another character than the quote')
  if (header === true && columns !== undefined) throw invalid('columns: expected only with header: false or header: "ignore", as a header names the columns itself')
  for (const token of nullTokens) {
    if (token.includes(delimiter) || (quote !== null && token.includes(quote)) || /[\r\n]/.test(token)) {
      throw invalid(`nullTokens: expected text without quotes, delimiters and line breaks, found ${JSON.stringify(token)}`)
    }
  }
  if (!(Number.isSafeInteger(maxRecordBytes) && maxRecordBytes > 0)) throw invalid(`maxRecordBytes: expected a positive whole number, found ${maxRecordBytes}`)
  const marks = { quote: quote ?? '', escape, quoteByte: quote?.charCodeAt(0) ?? -1, escapeByte: quote === null ? -1 : escape.charCodeAt(0), commentByte: comment?.charCodeAt(0) ?? -1 }
  return { delimiter, ...marks, header, columns, nullTokens, fillRagged: raggedRows === 'fill', encoding, embeddedNewlines, maxRecordBytes, lineTerminator, quoteFields }
}

/** How the bytes that are scanned are decoded: UTF-16 is scanned as UTF-8. */
export function scannedEncoding({ encoding }: CsvDialect): 'utf8' | 'latin1' {
  return encoding === 'latin1' ? 'latin1' : 'utf8'
}

function invalid(what: string): MillraceError {
  return new MillraceError('CSV_OPTION', `csv option ${what}`, { origin: 'user' })
}
