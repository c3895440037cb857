import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import type { CsvDialect } from './csv-options.ts'
import type { RowField } from './row-decoder.ts'

const DAY_MS = 86_400_000

/** Turns rows into lines, quoting only what would otherwise be read as something else. */
export class RowEncoder {
  readonly #fields: readonly RowField[]
  readonly #dialect: CsvDialect
  readonly #special: RegExp
  readonly #notLatin1: boolean
  readonly #null: string

  constructor(fields: readonly RowField[], dialect: CsvDialect) {
    this.#fields = fields
    this.#dialect = dialect
    // U+FEFF could be taken for a byte order mark.
    // The first letter of the delimiter alone, too: with `||`, the text `|` would start a delimiter together with the real one.
    const marks = [dialect.delimiter.slice(0, 1), dialect.quote, dialect.escape, dialect.commentByte < 0 ? '' : String.fromCharCode(dialect.commentByte)]
    const escaped = marks.map((mark) => mark && `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`)
    this.#special = new RegExp(`[\r\n\uFEFF${escaped.join('')}]`)
    this.#notLatin1 = dialect.encoding === 'latin1'
    this.#null = dialect.nullTokens[0] ?? ''
  }

  /** The line of column names. */
  header(): string {
    return this.#fields.map(({ name }) => this.#quoted(name, this.#dialect.quoteFields !== 'minimal' || (name !== name.trim() && this.#dialect.quoteByte >= 0))).join(this.#dialect.delimiter) + this.#dialect.lineTerminator
  }

  /** With the line terminator. */
  encode(row: unknown): string {
    if (typeof row !== 'object' || row === null) throw this.#mismatch('the row', 'an object', row)
    const fields = this.#fields
    let line = ''
    for (let i = 0; i < fields.length; i++) {
      const { name, type } = fields[i] as RowField
      if (i > 0) line += this.#dialect.delimiter
      line += this.#field((row as Readonly<Record<string, unknown>>)[name], type, name)
    }
    return line + this.#dialect.lineTerminator
  }

  #field(value: unknown, schema: TypeSchema, name: string): string {
    switch (schema.kind) {
      case 'nullable':
        if (value === null) return this.#null
        return this.#field(value, schema.of, name)
      case 'string':
      case 'enum':
      case 'decimal':
        if (typeof value === 'string') return this.#quoted(value)
        break
      case 'int':
      case 'long':
        if (Number.isSafeInteger(value)) return this.#plain(String(value))
        break
      case 'float':
      case 'double':
        if (typeof value === 'number') return this.#plain(Object.is(value, -0) ? '-0' : String(value))
        break
      case 'timestamp':
        if (isTime(value)) return this.#plain(new Date(value).toISOString())
        break
      case 'date':
        if (isTime(value) && isTime(value * DAY_MS)) return this.#plain(new Date(value * DAY_MS).toISOString().replace(/T.*/, ''))
        break
      case 'time':
        if (isTime(value) && value >= 0 && value < DAY_MS) return this.#plain(new Date(value).toISOString().slice(11, 23))
        break
      case 'bigint':
        if (typeof value === 'bigint') return this.#plain(String(value))
        break
      case 'boolean':
        if (typeof value === 'boolean') return this.#plain(String(value))
        break
      case 'bytes':
        if (value instanceof Uint8Array) return this.#plain(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64'))
        break
      case 'json':
        return this.#quoted(JSON.stringify(value) ?? 'null')
      default:
        break
    }
    throw this.#mismatch(name, schema.kind, value)
  }

  /** A text that looks like a null token is quoted, as readers take only unquoted ones for null. */
  #quoted(text: string, always = this.#dialect.quoteFields !== 'minimal'): string {
    if (this.#notLatin1 && /[^\0-\xFF]/.test(text)) throw this.#cannot(text, 'latin1 lacks a letter of it; set another encoding')
    const special = this.#special.test(text)
    if (this.#dialect.quoteByte < 0) {
      if (special) throw this.#cannot(text, 'without quotes it would be read as something else; set the quote option')
      return text
    }
    return always || special || this.#dialect.nullTokens.includes(text) ? this.#inQuotes(text) : text
  }

  #inQuotes(text: string): string {
    const { quote, escape } = this.#dialect
    const escaped = escape === quote ? text : text.replaceAll(escape, escape + escape)
    return quote + escaped.replaceAll(quote, escape + quote) + quote
  }

  /** What is no text and no null. */
  #plain(text: string): string {
    if (this.#dialect.quoteFields === 'all' && this.#dialect.quoteByte >= 0) return this.#inQuotes(text)
    return this.#special.test(text) ? this.#quoted(text) : text
  }

  #cannot(text: string, why: string): MillraceError {
    const shown = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)
    return new MillraceError('CSV_TYPE_MISMATCH', `Cannot write ${shown} as CSV: ${why}`, { origin: 'user' })
  }

  #mismatch(name: string, expected: string, found: unknown): MillraceError {
    const what = found === null ? 'null' : typeof found
    return new MillraceError('CSV_TYPE_MISMATCH', `Cannot write ${name} as CSV: expected ${expected}, found ${what}. Make the value fit the row type`, {
      origin: 'user',
      at: { field: name },
    })
  }
}

function isTime(value: unknown): value is number {
  return Number.isInteger(value) && Math.abs(value as number) <= 8.64e15
}
