import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import type { CsvDialect } from './csv-options.ts'
import { encodeText } from './encode-text.ts'
import type { RowEncoder } from './row-encoder.ts'

/** In UTF-16 units. Large enough that encoding to UTF-8 and the output's own work are shared by hundreds of records. */
const BUFFERED_UNITS = 64 * 1024

export class CsvWriter implements FileRecordWriter<unknown> {
  readonly #output: ByteOutput
  readonly #encoder: RowEncoder
  readonly #dialect: CsvDialect
  #text: string

  constructor(output: ByteOutput, encoder: RowEncoder, dialect: CsvDialect, continued: boolean) {
    this.#output = output
    this.#encoder = encoder
    this.#dialect = dialect
    const mark = !continued && dialect.encoding.startsWith('utf-16') ? '\uFEFF' : ''
    this.#text = mark + (dialect.header !== false && !continued ? encoder.header() : '')
  }

  write(value: unknown): void {
    this.#text += this.#encoder.encode(value)
    if (this.#text.length >= BUFFERED_UNITS) this.flush()
  }

  flush(): void {
    if (this.#text === '') return
    this.#output.write(encodeText(this.#text, this.#dialect))
    this.#text = ''
  }

  finish(): void {
    this.flush()
  }
}
