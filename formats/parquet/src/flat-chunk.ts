import { createRequire } from 'node:module'
import type { SchemaElement } from 'hyparquet'
import type * as HyparquetWriter from 'hyparquet-writer'
import type * as Bloom from 'hyparquet-writer/src/bloom.js'
import type { Compress } from './compressors.ts'
import { ChunkPages } from './chunk-pages.ts'
import type { ChunkOptions } from './chunk-pages.ts'
import { bitWidth, packRuns } from './run-length-encoder.ts'
import { valueBuffer } from './value-buffer.ts'
import type { ValueBuffer } from './value-buffer.ts'
import { RangeBuilder } from './value-range.ts'

/** After so many values it shows whether a dictionary pays: it must at least halve them. */
const SAMPLE = 1000
const MAX_DICTIONARY_BYTES = 1024 * 1024
const NO_LEVELS = new Uint8Array(0)
/** Repeating numbers are rarely worth the Map, and it takes −0 for 0. */
const NEVER_IN_DICTIONARY: readonly SchemaElement['type'][] = ['BOOLEAN', 'FLOAT', 'DOUBLE']

export interface FlatChunkOptions extends ChunkOptions {
  readonly dictionary: boolean
  readonly pageBytes: number
  readonly bloomFilter: boolean
  readonly compress: Compress | undefined
}

/**
 * A column chunk in the making: values are encoded as they come, by their number in a dictionary as long as they repeat, and by
 * themselves from where on they do not.
 */
export class FlatChunk {
  readonly #options: FlatChunkOptions
  readonly #pages: ChunkPages
  readonly #plain: ValueBuffer
  readonly #range = new RangeBuilder()
  #bloom: Bloom.BloomBuilder | undefined
  /** Numbers by value, as long as values go into the dictionary. */
  #numbers: Map<unknown, number> | undefined
  #entries: unknown[] = []
  readonly #entryValues: ValueBuffer
  /** Whether some page refers to the dictionary. */
  #refersToDictionary = false
  /** Of the page in the making: the numbers of its values, and for each row 0 if it is null, else 1. */
  #indexes = new Int32Array(1024)
  #indexCount = 0
  #levels = new Int32Array(1024)
  #rows = 0
  #nulls = 0

  constructor(options: FlatChunkOptions) {
    this.#options = options
    this.#pages = new ChunkPages(options.compress)
    this.#plain = valueBuffer(options.element.type)
    this.#entryValues = valueBuffer(options.element.type)
    this.#begin()
  }

  /** @param value null, or as its type is stored; integers of 64 bits also as numbers. Gives back about how many bytes it takes. */
  add(value: unknown): number {
    const { nullable, pageBytes, element } = this.#options
    if (nullable) {
      if (this.#rows === this.#levels.length) this.#levels = grown(this.#levels)
      this.#levels[this.#rows] = value === null ? 0 : 1
    }
    this.#rows++
    if (value === null) {
      this.#nulls++
      return 1
    }
    this.#bloom?.insert(typeof value === 'number' && element.type === 'INT64' ? BigInt(value) : value)
    const before = this.#plain.byteLength
    const numbers = this.#numbers
    if (numbers === undefined) this.#addPlain(value)
    else this.#addNumber(numbers, value)
    const bytes = this.#plain.byteLength
    if (bytes >= pageBytes || this.#indexCount * 4 >= pageBytes) this.#closePage()
    return numbers === undefined ? bytes - before : 4
  }

  /** Writes the chunk, and begins the next one. */
  write(writer: InstanceType<typeof HyparquetWriter.ByteWriter>): ReturnType<ChunkPages['write']> {
    if (this.#numbers !== undefined && !this.#refersToDictionary && 2 * this.#entries.length > this.#indexCount) this.#leaveDictionary()
    if (this.#rows > 0) this.#closePage()
    const dictionary = { count: this.#entries.length, values: this.#entryValues.take() }
    const result = this.#pages.write(writer, this.#options, this.#refersToDictionary ? dictionary : undefined)
    const bloomFilter = this.#bloom?.finalize()
    this.#begin()
    return bloomFilter === undefined ? result : { ...result, bloomFilter }
  }

  #begin(): void {
    const { dictionary, bloomFilter, element } = this.#options
    this.#numbers = dictionary && !NEVER_IN_DICTIONARY.includes(element.type) ? new Map() : undefined
    this.#entries = []
    this.#refersToDictionary = false
    if (!bloomFilter) return
    const { BloomBuilder } = createRequire(import.meta.url)('hyparquet-writer/src/bloom.js') as typeof Bloom
    this.#bloom = new BloomBuilder(element)
  }

  #addPlain(value: unknown): void {
    this.#plain.append(value as never)
    if (this.#options.statistics) this.#range.add(value)
  }

  #addNumber(numbers: Map<unknown, number>, value: unknown): void {
    let number = numbers.get(value)
    if (number === undefined) {
      number = this.#entries.push(value) - 1
      numbers.set(value, number)
      this.#entryValues.append(value as never)
    }
    if (this.#indexCount === this.#indexes.length) this.#indexes = grown(this.#indexes)
    this.#indexes[this.#indexCount++] = number
    const count = this.#entries.length
    const seldomRepeats = !this.#refersToDictionary && this.#indexCount >= SAMPLE && 2 * count > this.#indexCount
    if (seldomRepeats || this.#entryValues.byteLength > MAX_DICTIONARY_BYTES) this.#leaveDictionary()
  }

  /** The values of the page in the making, and those to come, are stored by themselves. */
  #leaveDictionary(): void {
    this.#numbers = undefined
    for (let index = 0; index < this.#indexCount; index++) this.#addPlain(this.#entries[this.#indexes[index] as number])
    this.#indexCount = 0
    if (this.#refersToDictionary) return
    this.#entries = []
    this.#entryValues.take()
  }

  #closePage(): void {
    const { nullable } = this.#options
    const levels = nullable ? packRuns(this.#levels, this.#rows, 1) : NO_LEVELS
    const page = { rows: this.#rows, nulls: this.#nulls, levels }
    if (this.#numbers === undefined) this.#pages.add({ ...page, encoding: 'PLAIN', range: this.#range.take(), values: this.#plain.take() })
    else {
      const width = bitWidth(this.#entries.length - 1)
      const values = Buffer.concat([Buffer.of(width), packRuns(this.#indexes, this.#indexCount, width)])
      this.#pages.add({ ...page, encoding: 'RLE_DICTIONARY', range: this.#rangeOfNumbers(), values })
      this.#refersToDictionary = true
    }
    this.#indexCount = this.#rows = this.#nulls = 0
  }

  #rangeOfNumbers(): ReturnType<RangeBuilder['take']> {
    if (!this.#options.statistics) return this.#range.take()
    const seen = new Uint8Array(this.#entries.length)
    for (let index = 0; index < this.#indexCount; index++) seen[this.#indexes[index] as number] = 1
    for (const [number, value] of this.#entries.entries()) if (seen[number] === 1) this.#range.add(value)
    return this.#range.take()
  }
}

function grown(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(values.length * 2)
  larger.set(values)
  return larger
}
