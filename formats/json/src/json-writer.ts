import { MillraceError } from '@millrace/core/spi'
import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import { JsonMismatch } from './json-mismatch.ts'
import type { ToJson } from './to-json.ts'

/** In UTF-16 units. Large enough that encoding to UTF-8 and the output's own work are shared by hundreds of records. */
const BUFFERED_UNITS = 64 * 1024

export class JsonWriter implements FileRecordWriter<unknown> {
  readonly #output: ByteOutput
  readonly #convert: ToJson
  readonly #separator: string | undefined
  #text = ''
  #before: string

  /** @param separator between records, with `before` before the first one. Absent: each record ends its line. */
  constructor(output: ByteOutput, convert: ToJson, before = '', separator?: string) {
    this.#output = output
    this.#convert = convert
    this.#before = before
    this.#separator = separator
  }

  write(value: unknown): void {
    const text = stringify(value, this.#convert)
    if (this.#separator === undefined) this.#text += `${text}\n`
    else {
      this.#text += this.#before + text
      this.#before = this.#separator
    }
    if (this.#text.length >= BUFFERED_UNITS) this.flush()
  }

  flush(): void {
    if (this.#text === '') return
    this.#output.write(Buffer.from(this.#text))
    this.#text = ''
  }

  finish(): void {
    this.flush()
  }
}

/** One line of JSON. Throws JSON_TYPE_MISMATCH (origin user). */
export function stringify(value: unknown, convert: ToJson): string {
  try {
    const text = JSON.stringify(convert(value)) as string | undefined
    if (text !== undefined) return text
    throw new JsonMismatch('', 'a JSON value', value)
  } catch (cause) {
    if (!(cause instanceof Error)) throw cause
    const field = cause instanceof JsonMismatch && cause.field !== '' ? { field: cause.field } : {}
    throw new MillraceError('JSON_TYPE_MISMATCH', `Cannot write a record as JSON. ${cause.message}. Make the value fit the type`, { origin: 'user', at: field, cause })
  }
}
