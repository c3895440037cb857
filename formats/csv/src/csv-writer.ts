import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import type { RowEncoder } from './row-encoder.ts'

/** In UTF-16 units. Large enough that encoding to UTF-8 and the output's own work are shared by hundreds of records. */
const BUFFERED_UNITS = 64 * 1024

export class CsvWriter implements FileRecordWriter<unknown> {
  readonly #output: ByteOutput
  readonly #encoder: RowEncoder
  #text: string

  constructor(output: ByteOutput, encoder: RowEncoder, header: string) {
    this.#output = output
    this.#encoder = encoder
    this.#text = header
  }

  write(value: unknown): void {
    this.#text += this.#encoder.encode(value)
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
