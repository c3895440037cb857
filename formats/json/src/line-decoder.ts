import { parseExactly } from './exact-number.ts'
import { fromJson, needsDigits } from './from-json.ts'
import type { FromJson } from './from-json.ts'
import { JsonMismatch } from './json-mismatch.ts'
import type { AnyType } from '@millrace/core/spi'

export interface LineFailure {
  readonly code: 'JSON_SYNTAX' | 'JSON_VALUE'
  readonly field: string | null
  readonly reason: string
}

/** Decodes single JSON texts, and values that were parsed already. */
export class LineDecoder {
  /** Set by a failed call. */
  failure: LineFailure | undefined
  readonly #convert: FromJson | undefined
  readonly #exact: boolean

  constructor(type: AnyType | undefined) {
    this.#convert = type === undefined ? undefined : fromJson(type.schema)
    this.#exact = type !== undefined && needsDigits(type.schema)
  }

  /** True if decoding may be left to JSON.parse alone. */
  get plain(): boolean {
    return this.#convert === undefined
  }

  /** The record in `text`, or undefined with `failure` set. */
  decodeText(text: string): unknown {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      this.failure = { code: 'JSON_SYNTAX', field: null, reason: `The line is no JSON: ${error instanceof Error ? error.message : String(error)}` }
      return undefined
    }
    return this.decodeValue(value, () => text)
  }

  /** The record that was parsed as `value`; its text is asked for only where digits are needed. */
  decodeValue(value: unknown, text: () => string): unknown {
    if (this.#convert === undefined) return value
    try {
      return this.#convert(value)
    } catch (error) {
      if (!(error instanceof JsonMismatch)) throw error
      if (this.#exact) return this.#decodeExactly(text(), this.#convert)
      this.#fail(error)
      return undefined
    }
  }

  #decodeExactly(text: string, convert: FromJson): unknown {
    try {
      return convert(parseExactly(text))
    } catch (error) {
      if (!(error instanceof JsonMismatch)) throw error
      this.#fail(error)
      return undefined
    }
  }

  #fail(mismatch: JsonMismatch): void {
    this.failure = { code: 'JSON_VALUE', field: mismatch.field === '' ? null : mismatch.field, reason: mismatch.message }
  }
}
