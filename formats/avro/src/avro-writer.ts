import { randomBytes } from 'node:crypto'
import type { ByteOutput, FileRecordWriter } from '@millrace/core/spi'
import { ByteSink } from './byte-sink.ts'
import type { AvroCodec } from './codecs.ts'
import { MARKER_BYTES, writeHeader } from './container-header.ts'
import type { Encoder } from './leaf-encoder.ts'

export interface ContainerOptions {
  readonly schema: string
  readonly codecName: string
  readonly codec: AvroCodec
  readonly blockBytes: number
  readonly metadata: Readonly<Record<string, string>>
}

/** Writes an object container file, block by block. */
export class AvroWriter implements FileRecordWriter<unknown> {
  readonly #output: ByteOutput
  readonly #encode: Encoder
  readonly #options: ContainerOptions
  readonly #marker = randomBytes(MARKER_BYTES)
  readonly #records: ByteSink
  #count = 0

  constructor(output: ByteOutput, encode: Encoder, options: ContainerOptions) {
    this.#output = output
    this.#encode = encode
    this.#options = options
    this.#records = new ByteSink(options.blockBytes * 2)
    output.write(writeHeader({ schema: options.schema, codec: options.codecName, marker: this.#marker }, options.metadata))
  }

  write(value: unknown): void {
    const records = this.#records
    const start = records.at
    try {
      this.#encode(value, records)
    } catch (error) {
      records.at = start // half a record would make the whole block unreadable
      throw error
    }
    this.#count++
    if (records.at >= this.#options.blockBytes) this.flush()
  }

  flush(): void {
    if (this.#count === 0) return
    const records = this.#records
    const content = this.#options.codec.compress(records.bytes.subarray(0, records.at))
    const block = new ByteSink(content.length + MARKER_BYTES + 20)
    block.long(this.#count)
    block.long(content.length)
    block.raw(content)
    block.raw(this.#marker)
    this.#output.write(block.take())
    this.#count = 0
    records.at = 0
  }

  finish(): void {
    this.flush()
  }
}
