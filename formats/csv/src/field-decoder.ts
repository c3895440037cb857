import { latin1Slice, MillraceError, ShortStringCache, utf8Slice } from '@millrace/core/spi'
import { scannedEncoding } from './csv-options.ts'
import type { CsvDialect } from './csv-options.ts'
import type { TypeSchema } from '@millrace/core/spi'
import { parseDecimal, parseDouble, parseInteger } from './parse-number.ts'
import { parseDate, parseTime, parseTimestamp } from './parse-time.ts'
import { ESCAPED, PLAIN } from './record-scanner.ts'

/** What a decoder returns for bytes that are no value of its type. */
export const INVALID: unique symbol = Symbol('invalid')

/** Decodes the field in [start, end) of `bytes`, written as `kind` (PLAIN, QUOTED, ESCAPED). */
export type FieldDecoder = (bytes: Buffer, start: number, end: number, kind: number) => unknown

/** @param field for the message of CSV_UNSUPPORTED_TYPE, which is thrown for types that a CSV field cannot hold. */
export function fieldDecoder(schema: TypeSchema, dialect: CsvDialect, field: string): FieldDecoder {
  if (schema.kind !== 'nullable') return valueDecoder(schema, dialect, field)
  const decode = fieldDecoder(schema.of, dialect, field)
  const isNull = nullTest(dialect.nullTokens.map((token) => Buffer.from(token, scannedEncoding(dialect))))
  // Exporters that quote everything write null numbers as "", while a quoted text is always text.
  const quotedToo = schema.of.kind !== 'string'
  return (bytes, start, end, kind) => ((kind === PLAIN || quotedToo) && isNull(bytes, start, end) ? null : decode(bytes, start, end, kind))
}

function valueDecoder(schema: TypeSchema, dialect: CsvDialect, field: string): FieldDecoder {
  const textOf = textDecoder(dialect)
  const fromText = (decode: (text: string) => unknown): FieldDecoder => (bytes, start, end, kind) => decode(textOf(bytes, start, end, kind).trim())
  switch (schema.kind) {
    case 'string':
      return stringDecoder(dialect, textOf)
    case 'int':
      return trimmed((bytes, start, end) => {
        const value = parseInteger(bytes, start, end)
        return (value | 0) === value ? value : INVALID
      })
    case 'long':
      return checked(parseInteger)
    case 'double':
      return trimmed((bytes, start, end) => parseDouble(bytes, start, end) ?? INVALID)
    case 'float':
      return trimmed((bytes, start, end) => {
        const value = parseDouble(bytes, start, end)
        return value === undefined ? INVALID : Math.fround(value)
      })
    case 'timestamp':
      return checked(parseTimestamp)
    case 'date':
      return checked(parseDate)
    case 'time':
      return checked(parseTime)
    case 'bigint':
      return fromText((text) => (/^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : INVALID))
    case 'boolean':
      return fromText((text) => (/^(?:true|1)$/i.test(text) ? true : /^(?:false|0)$/i.test(text) ? false : INVALID))
    case 'decimal':
      return fromText((text) => parseDecimal(text, schema.precision, schema.scale) ?? INVALID)
    case 'enum': {
      const values = new Map(schema.values.map((value) => [value, value]))
      const decode = stringDecoder(dialect, textOf)
      return (bytes, start, end, kind) => values.get(decode(bytes, start, end, kind) as string) ?? INVALID
    }
    case 'bytes':
      return fromText((text) => (/^(?:[\w+/-]{4})*(?:[\w+/-]{2}(?:==)?|[\w+/-]{3}=?)?$/.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : INVALID))
    case 'json':
      return (bytes, start, end, kind) => parseJson(textOf(bytes, start, end, kind))
    default:
      throw new MillraceError('CSV_UNSUPPORTED_TYPE', `A CSV field cannot hold the type ${schema.kind} of ${field}. Use types.json() or another format`, {
        origin: 'user',
        at: { field },
      })
  }
}

/** The text of a field, with escapes undone. */
export type TextOf = (bytes: Buffer, start: number, end: number, kind: number) => string

export function textDecoder(dialect: CsvDialect): TextOf {
  const slice = scannedEncoding(dialect) === 'utf8' ? utf8Slice : latin1Slice
  const { quote, escape } = dialect
  const [q, e] = [quote, escape].map((char) => char && `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)
  const escaped = new RegExp(`${e}(${q}|${e})`, 'g')
  return (bytes, start, end, kind) => {
    const text = slice(bytes, start, end)
    if (kind !== ESCAPED) return text
    return quote === escape ? text.replaceAll(quote + quote, quote) : text.replace(escaped, '$1')
  }
}

function stringDecoder(dialect: CsvDialect, textOf: TextOf): FieldDecoder {
  const cache = new ShortStringCache()
  const plain = (bytes: Buffer, start: number, end: number): string => textOf(bytes, start, end, PLAIN)
  return (bytes, start, end, kind) => (kind === ESCAPED ? textOf(bytes, start, end, kind) : cache.decode(bytes, start, end, plain))
}

/** For parsers that answer NaN to what they do not understand. */
function checked(parse: (bytes: Buffer, start: number, end: number) => number): FieldDecoder {
  return trimmed((bytes, start, end) => {
    const value = parse(bytes, start, end)
    return Number.isNaN(value) ? INVALID : value
  })
}

/** Spaces and tabs around a number mean nothing. */
function trimmed(decode: (bytes: Buffer, start: number, end: number) => unknown): FieldDecoder {
  return (bytes, start, end) => {
    while (start < end && isBlank(bytes[start] as number)) start++
    while (start < end && isBlank(bytes[end - 1] as number)) end--
    return start === end ? INVALID : decode(bytes, start, end)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return INVALID
  }
}

const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09

function nullTest(tokens: readonly Buffer[]): (bytes: Buffer, start: number, end: number) => boolean {
  if (tokens.length === 1 && tokens[0]?.length === 0) return (_bytes, start, end) => start === end
  return (bytes, start, end) => tokens.some((token) => token.length === end - start && token.compare(bytes, start, end) === 0)
}
