import { MillraceError } from '@millrace/core/spi'

export interface CsvOptions {
  /** One ASCII character that separates fields. Default `,`. */
  readonly delimiter?: string
  /**
   * Whether files start with a line of column names; then columns are found by name, in any order, and others are ignored.
   * False: columns are found by position. Default true. Messages never have a header.
   */
  readonly header?: boolean
  /** The columns of files without a header, in order. Default: the fields of the row type. */
  readonly columns?: readonly string[]
  /** Unquoted fields that mean null in nullable columns. The first one is written. Default `['']`. */
  readonly nullTokens?: readonly string[]
  /**
   * False promises that no field contains a line break: files can then be cut into ranges that are read in parallel, and a
   * quote left open damages its own line only. Default true: one range per file.
   */
  readonly embeddedNewlines?: boolean
  /** Longer records are bad records (CSV_RECORD_TOO_LONG); also what is read on to find the end of an open quote. Default 8 MiB. */
  readonly maxRecordBytes?: number
  /** What is written after each record. Default `'\n'`; all of LF, CRLF and CR are read. */
  readonly lineTerminator?: '\n' | '\r\n'
}

export interface CsvDialect {
  readonly delimiter: string
  readonly header: boolean
  readonly columns: readonly string[] | undefined
  readonly nullTokens: readonly string[]
  readonly embeddedNewlines: boolean
  readonly maxRecordBytes: number
  readonly lineTerminator: string
}

export function resolveOptions(options: CsvOptions): CsvDialect {
  const { delimiter = ',', header = true, columns, nullTokens = [''], embeddedNewlines = true } = options
  const { maxRecordBytes = 8 * 1024 * 1024, lineTerminator = '\n' } = options
  if (!/^[\t -~]$/.test(delimiter) || delimiter === '"') {
    throw invalid(`delimiter: expected one printable ASCII character or a tab, and no quote, found ${JSON.stringify(delimiter)}`)
  }
  if (header && columns !== undefined) throw invalid('columns: expected only together with header: false, as a header names the columns itself')
  for (const token of nullTokens) {
    if (token.includes(delimiter) || /["\r\n]/.test(token)) throw invalid(`nullTokens: expected text without quotes, delimiters and line breaks, found ${JSON.stringify(token)}`)
  }
  if (!(Number.isSafeInteger(maxRecordBytes) && maxRecordBytes > 0)) throw invalid(`maxRecordBytes: expected a positive whole number, found ${maxRecordBytes}`)
  return { delimiter, header, columns, nullTokens, embeddedNewlines, maxRecordBytes, lineTerminator }
}

function invalid(what: string): MillraceError {
  return new MillraceError('CSV_OPTION', `csv option ${what}`, { origin: 'user' })
}
