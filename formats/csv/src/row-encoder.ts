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
  readonly #null: string

  constructor(fields: readonly RowField[], dialect: CsvDialect) {
    this.#fields = fields
    this.#dialect = dialect
    // U+FEFF could be taken for a byte order mark.
    this.#special = new RegExp(`["\r\n\uFEFF${dialect.delimiter === '\t' ? '\t' : `\\${dialect.delimiter}`}]`)
    this.#null = dialect.nullTokens[0] ?? ''
  }

  /** The line of column names. */
  header(): string {
    return this.#fields.map(({ name }) => (name === name.trim() ? this.#quoted(name) : `"${name.replaceAll('"', '""')}"`)).join(this.#dialect.delimiter) + this.#dialect.lineTerminator
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
        if (Number.isSafeInteger(value)) return String(value)
        break
      case 'float':
      case 'double':
        if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value)
        break
      case 'timestamp':
        if (isTime(value)) return new Date(value).toISOString()
        break
      case 'date':
        if (isTime(value) && isTime(value * DAY_MS)) return new Date(value * DAY_MS).toISOString().replace(/T.*/, '')
        break
      case 'time':
        if (isTime(value) && value >= 0 && value < DAY_MS) return new Date(value).toISOString().slice(11, 23)
        break
      case 'bigint':
        if (typeof value === 'bigint') return String(value)
        break
      case 'boolean':
        if (typeof value === 'boolean') return String(value)
        break
      case 'bytes':
        if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
        break
      case 'json':
        return this.#quoted(JSON.stringify(value) ?? 'null')
      default:
        break
    }
    throw this.#mismatch(name, schema.kind, value)
  }

  /** A text that looks like a null token is quoted, as readers take only unquoted ones for null. */
  #quoted(text: string): string {
    return this.#special.test(text) || this.#dialect.nullTokens.includes(text) ? `"${text.replaceAll('"', '""')}"` : text
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
