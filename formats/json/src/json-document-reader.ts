import { isUtf8 } from 'node:buffer'
import { ByteWindow, LineFinder } from '@millrace/core/spi'
import type { FileRecordReader, FormatInput, OpenFormatOptions, PlacedBadRecord, RecordBatch } from '@millrace/core/spi'
import { JsonDocument } from './json-document.ts'
import { LineDecoder } from './line-decoder.ts'
import type { Decoding } from './line-decoder.ts'

const BATCH_RECORDS = 1000
const [COMMA, START, END] = [0x2c, 0x5b, 0x5d] as const

/** Reads the elements of an array in a document, or the one value that is there instead. Never more of the file than an element is in memory. */
export class JsonDocumentReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #options: OpenFormatOptions
  readonly #path: readonly string[]
  readonly #maxRecordBytes: number
  readonly #decoder: LineDecoder
  readonly #lines: LineFinder
  #document: JsonDocument | undefined
  /** What comes next. */
  #state: 'first' | 'element' | 'done' = 'first'
  #values: unknown[] = []
  #bad: PlacedBadRecord[] = []

  constructor(input: FormatInput, options: OpenFormatOptions, decoding: Decoding, path: readonly string[], maxRecordBytes: number) {
    this.#input = input
    this.#options = options
    this.#path = path
    this.#maxRecordBytes = maxRecordBytes
    this.#decoder = new LineDecoder(decoding)
    this.#lines = new LineFinder(() => input.chunks(0))
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#options.signal.throwIfAborted()
    const document = (this.#document ??= this.#open())
    let position = -1
    if (this.#state === 'first') position = await this.#readFirst(document)
    while (this.#state === 'element' && this.#values.length + this.#bad.length < BATCH_RECORDS) {
      await document.peek()
      if (position < 0) position = document.window.position
      await this.#readValue(document)
      await this.#next(document)
    }
    if (this.#values.length + this.#bad.length === 0) return undefined
    const batch = { position, values: this.#values, bad: await this.#lines.withLines(this.#bad) }
    this.#values = []
    this.#bad = []
    return batch
  }

  async close(): Promise<void> {
    await this.#document?.window.close()
    await this.#lines.close()
  }

  #open(): JsonDocument {
    const { position = 0 } = this.#options
    // A single value has position 0; where an array was left, all is known: the objects around it.
    if (position > 0) this.#state = 'element'
    return new JsonDocument(new ByteWindow(this.#input.chunks(position), position), this.#input.path, this.#maxRecordBytes)
  }

  /** Goes to the value at the path; reads it if it is no array. Gives its position, or −1. */
  async #readFirst(document: JsonDocument): Promise<number> {
    await document.skipMark()
    if ((await document.peek()) < 0) throw document.error('expected a JSON value, found the end')
    for (const name of this.#path) await document.enter(name, this.#path)
    if ((await document.peek()) !== START) {
      await this.#readValue(document)
      await this.#finish(document)
      return 0
    }
    document.window.index++
    if ((await document.peek()) !== END) this.#state = 'element'
    else {
      document.window.index++
      await this.#finish(document)
    }
    return -1
  }

  /** Behind an element: the next one, or the end. */
  async #next(document: JsonDocument): Promise<void> {
    const found = await document.peek()
    if (found === END) {
      document.window.index++
      await this.#finish(document)
    } else await document.expect(COMMA, 'a comma or the end of the array')
  }

  async #finish(document: JsonDocument): Promise<void> {
    for (const _ of this.#path) await document.leave()
    await document.expectEnd()
    this.#state = 'done'
  }

  async #readValue(document: JsonDocument): Promise<void> {
    const { window } = document
    const offset = window.position
    const length = await document.measureValue()
    if (length === 0) throw document.error('expected a value')
    if (length === undefined) {
      const raw = window.bytes.subarray(window.index, window.index + this.#maxRecordBytes)
      this.#reject(raw, offset, 'JSON_RECORD_TOO_LONG', null, `The value is longer than maxRecordBytes (${this.#maxRecordBytes})`)
      return document.skipValue()
    }
    const bytes = window.bytes.subarray(window.index, window.index + length)
    if (!isUtf8(bytes)) this.#reject(bytes, offset, 'JSON_ENCODING', null, 'The value is not UTF-8. Convert the file')
    else {
      const value = this.#decoder.decodeText(bytes.toString(), true)
      const { failure } = this.#decoder
      if (value === undefined && failure !== undefined) this.#reject(bytes, offset, failure.code, failure.field, failure.reason)
      else if (this.#decoder.many) this.#values.push(...(value as readonly unknown[]))
      else this.#values.push(value)
    }
    window.index += length
  }

  #reject(bytes: Uint8Array, offset: number, code: string, field: string | null, reason: string): void {
    this.#bad.push({ index: this.#values.length, record: { raw: new Uint8Array(bytes), source: this.#input.path, partition: null, offset, line: null, field, code, reason } })
  }
}
