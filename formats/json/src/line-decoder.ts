import { MillraceError, utf8Slice, validationOf } from '@millrace/core/spi'
import type { AnyType } from '@millrace/core/spi'
import { LONG_DIGITS, parseExactly } from './exact-number.ts'
import { anyValue, fromJson, needsDigits } from './from-json.ts'
import type { FromJson, LargeIntegers } from './from-json.ts'
import { JsonMismatch } from './json-mismatch.ts'

export interface LineFailure {
  readonly code: 'JSON_SYNTAX' | 'JSON_VALUE'
  readonly field: string | null
  readonly reason: string
}

/** What JSON values become. */
export interface Decoding {
  /** Undefined: values are records as JSON.parse gives them, unless they have digits that it would lose. */
  readonly convert: FromJson | undefined
  /** What makes records of a value that was parsed exactly. */
  readonly convertExact: FromJson
  /** Whether digits that JSON.parse loses matter. */
  readonly digits: boolean
  /** `convert` makes arrays of records. */
  readonly many: boolean
}

export function decodingOf(type: AnyType | undefined, largeIntegers: LargeIntegers): Decoding {
  if (type === undefined) return { convert: undefined, convertExact: anyValue('', largeIntegers), digits: true, many: false }
  const convert = validating(fromJson(type.schema, '', largeIntegers), type)
  return { convert, convertExact: convert, digits: needsDigits(type.schema), many: false }
}

/** A validator judges what was converted. */
function validating(convert: FromJson, type: AnyType): FromJson {
  const validate = validationOf(type)
  if (validate === undefined) return convert
  return (value) => {
    try {
      return validate(convert(value))
    } catch (error) {
      if (!MillraceError.is(error) || error.code !== 'CORE_VALIDATION_FAILED') throw error
      throw new JsonMismatch(error.at.field ?? '', error.message, value)
    }
  }
}

/** Decodes single JSON texts, and values that were parsed already. */
export class LineDecoder {
  /** Set by a failed call. */
  failure: LineFailure | undefined
  readonly #decoding: Decoding

  constructor(decoding: Decoding) {
    this.#decoding = decoding
  }

  /** True if decoding may be left to JSON.parse alone, where no long digits are. */
  get plain(): boolean {
    return this.#decoding.convert === undefined
  }

  /** Whether texts with long runs of digits must come as texts. */
  get digits(): boolean {
    return this.#decoding.digits
  }

  /** Whether records come in arrays. */
  get many(): boolean {
    return this.#decoding.many
  }

  /**
   * The record in `text`, or undefined with `failure` set.
   * @param mayHaveLongDigits false if it is known to have no 16 digits in a row.
   */
  decodeText(text: string, mayHaveLongDigits: boolean): unknown {
    const { digits, convertExact } = this.#decoding
    try {
      if (mayHaveLongDigits && digits && LONG_DIGITS.test(text)) return this.#convert(convertExact, parseExactly(text))
      return this.#decode(JSON.parse(text), () => text)
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      this.failure = { code: 'JSON_SYNTAX', field: null, reason: `This is no JSON: ${error.message}` }
      return undefined
    }
  }

  /** The record that was parsed as `value` from the bytes [start, end), which are looked at only where digits are needed. */
  decodeValue(value: unknown, bytes: Buffer, start: number, end: number): unknown {
    return this.#decode(value, () => utf8Slice(bytes, start, end))
  }

  #decode(value: unknown, text: () => string): unknown {
    const { convert, convertExact, digits } = this.#decoding
    if (convert === undefined) return value
    const converted = this.#convert(convert, value)
    return converted === undefined && digits ? this.#convert(convertExact, parseExactly(text())) : converted
  }

  #convert(convert: FromJson, value: unknown): unknown {
    try {
      return convert(value)
    } catch (error) {
      if (!(error instanceof JsonMismatch)) throw error
      this.failure = { code: 'JSON_VALUE', field: error.field === '' ? null : error.field, reason: error.message }
      return undefined
    }
  }
}
