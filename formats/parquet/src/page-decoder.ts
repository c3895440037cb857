import type { ColumnMetaData, DataPageHeader, DecodedArray, Encoding, PageHeader, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decompressPage, readDataPage } from 'hyparquet/src/datapage.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { arrayCursor } from './column-cursor.ts'
import { decompressors } from './decompressors.ts'
import { plainValues } from './plain-values.ts'
import type { PageValues, Parsing } from './plain-values.ts'
import { RunLengthDecoder } from './run-length-decoder.ts'
import { bitWidth } from './run-length-encoder.ts'
import { INVALID } from './value-parser.ts'

/** The decoding of one column of the file that has values. */
export interface LeafColumn {
  /** From the root of the schema to the column. */
  readonly path: readonly SchemaTree[]
  readonly parsing: Parsing
  /** For the pages that hyparquet decodes: the column's element as it is to see it, and its parsers. */
  readonly annotation: SchemaElement
  readonly parsers: Partial<ParquetParsers>
}

/** A data page. */
export interface Page {
  /** Entries: values, nulls, and empty lists on the way to them. */
  readonly count: number
  /** Undefined: all are 0. */
  readonly repetition: RunLengthDecoder | undefined
  /** An entry with a value has the highest. Undefined: all have. */
  readonly definition: RunLengthDecoder | undefined
  /** Of the entries that have one. */
  readonly values: PageValues
}

interface PageParts extends Omit<Page, 'values'> {
  readonly encoding: Encoding
  /** Unpacked, without levels. */
  readonly bytes: Uint8Array
  /** There are no values. */
  readonly empty: boolean
  /** How many entries have a value. */
  present(): number
}

/** Levels that are counted at a time: memory for more is not asked for before there are any. */
const PIECE = 10_000

/** Decodes the pages of a column chunk in the common encodings, and leaves the others to hyparquet. */
export class PageDecoder {
  readonly #column: LeafColumn
  readonly #meta: ColumnMetaData
  /** For hyparquet. */
  readonly #decoder: Parameters<typeof convert>[1]
  readonly #maxDefinition: number
  readonly #maxRepetition: number
  #dictionary: DecodedArray | undefined

  constructor(column: LeafColumn, meta: ColumnMetaData) {
    this.#column = column
    this.#meta = meta
    const parsers = { ...DEFAULT_PARSERS, ...column.parsers }
    // It gets values without their levels, whose runs it would follow beyond the end of a damaged page: as of a column at the root.
    this.#decoder = { ...meta, pathInSchema: meta.path_in_schema, element: column.annotation, schemaPath: column.path.slice(0, 1), compressors: decompressors, parsers, utf8: false }
    const levels = column.path.slice(1).map(({ element }) => element.repetition_type)
    this.#maxDefinition = levels.filter((each) => each !== 'REQUIRED').length
    this.#maxRepetition = levels.filter((each) => each === 'REPEATED').length
  }

  /** The definition level of entries with a value. */
  get maxDefinition(): number {
    return this.#maxDefinition
  }

  /** Takes a dictionary page for the pages after it. Undefined for it, and for pages without data. */
  page(stored: Uint8Array, header: PageHeader): Page | undefined {
    if (header.type === 'DICTIONARY_PAGE') this.#takeDictionary(stored, header)
    const parts = header.data_page_header === undefined ? this.#partsV2(stored, header) : this.#partsV1(stored, header, header.data_page_header)
    return parts === undefined ? undefined : { ...parts, values: this.#values(parts) }
  }

  #takeDictionary(stored: Uint8Array, { uncompressed_page_size: size, dictionary_page_header: header }: PageHeader): void {
    const count = header?.num_values ?? 0
    const { annotation, parsing } = this.#column
    const bytes = this.#unpack(stored, size)
    const values = plainValues(bytes, annotation, parsing)
    if (values !== undefined) this.#dictionary = values.take(count) as DecodedArray
    else this.#dictionary = convert(readPlain({ view: viewOf(bytes), offset: 0 }, this.#meta.type, count, annotation.type_length), this.#decoder)
  }

  #partsV1(stored: Uint8Array, { uncompressed_page_size: size }: PageHeader, header: DataPageHeader): PageParts {
    const { num_values: count, encoding } = header
    const bytes = this.#unpack(stored, size)
    let at = 0
    const levels = (max: number): RunLengthDecoder | undefined => {
      if (max === 0) return undefined
      const start = at + 4
      at = start > bytes.length ? Number.POSITIVE_INFINITY : start + viewOf(bytes).getUint32(at, true)
      if (at > bytes.length) throw new Error(`expected levels in a page of ${bytes.length} bytes, found them to end at ${at}`)
      return new RunLengthDecoder(bytes, start, at, bitWidth(max))
    }
    const repetition = levels(this.#maxRepetition)
    const definitionStart = at + 4
    const definition = levels(this.#maxDefinition)
    const present = (): number => (definition === undefined ? count : this.#countPresent(new RunLengthDecoder(bytes, definitionStart, at, bitWidth(this.#maxDefinition)), count))
    return { count, encoding, repetition, definition, bytes: bytes.subarray(at), empty: false, present }
  }

  #partsV2(stored: Uint8Array, header: PageHeader): PageParts | undefined {
    const v2 = header.data_page_header_v2
    if (v2 === undefined) return undefined
    const { num_values: count, num_nulls: nulls, encoding, repetition_levels_byte_length: middle } = v2
    const end = middle + v2.definition_levels_byte_length
    if (end > stored.length) throw new Error(`expected levels in a page of ${stored.length} bytes, found them to end at ${end}`)
    const repetition = this.#maxRepetition === 0 ? undefined : new RunLengthDecoder(stored, 0, middle, bitWidth(this.#maxRepetition))
    const definition = this.#maxDefinition === 0 ? undefined : new RunLengthDecoder(stored, middle, end, bitWidth(this.#maxDefinition))
    const packed = stored.subarray(end)
    const empty = nulls === count // then there are no bytes to be unpacked
    const bytes = v2.is_compressed === false || empty ? packed : this.#unpack(packed, header.uncompressed_page_size - end)
    return { count, encoding, repetition, definition, bytes, empty, present: () => count - nulls }
  }

  #countPresent(definition: RunLengthDecoder, count: number): number {
    const levels = new Int32Array(Math.min(count, PIECE))
    let present = 0
    for (let left = count; left > 0; left -= levels.length) {
      const taken = Math.min(left, levels.length)
      definition.take(levels, taken)
      for (let index = 0; index < taken; index++) if (levels[index] === this.#maxDefinition) present++
    }
    return present
  }

  #values(parts: PageParts): PageValues {
    const { encoding, bytes, empty } = parts
    if (empty) return arrayCursor([])
    switch (encoding) {
      case 'PLAIN':
        return plainValues(bytes, this.#column.annotation, this.#column.parsing) ?? this.#byHyparquet(parts)
      case 'RLE_DICTIONARY':
      case 'PLAIN_DICTIONARY':
        if (this.#dictionary === undefined) throw new Error('expected a dictionary before the page that refers to it')
        return dictionaryValues(this.#dictionary, bytes)
      case 'RLE':
        return this.#meta.type === 'BOOLEAN' ? booleanRuns(bytes) : this.#byHyparquet(parts)
      default:
        return this.#byHyparquet(parts)
    }
  }

  #byHyparquet({ encoding, bytes, present }: PageParts): PageValues {
    const header = { num_values: present(), encoding, definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const
    return arrayCursor(convertWithDictionary(readDataPage(bytes, header, this.#decoder).dataPage, this.#dictionary, encoding, this.#decoder))
  }

  #unpack(stored: Uint8Array, size: number): Uint8Array {
    return decompressPage(stored, size, this.#meta.codec, decompressors)
  }
}

function dictionaryValues(dictionary: DecodedArray, encoded: Uint8Array): PageValues {
  const width = encoded[0] ?? 0
  if (width > 32) throw new Error(`expected numbers of at most 32 bits in a page, found ${width}`)
  const decoder = new RunLengthDecoder(encoded, 1, encoded.length, width)
  let indexes = new Int32Array(0)
  const values: unknown[] = []
  return {
    sound: ArrayBuffer.isView(dictionary) || !(dictionary as readonly unknown[]).includes(INVALID),
    take(count) {
      if (indexes.length < count) indexes = new Int32Array(count)
      if (width > 0) decoder.take(indexes, count)
      for (let at = 0; at < count; at++) {
        const index = (indexes[at] as number) >>> 0
        if (index >= dictionary.length) throw new Error(`expected the number of one of ${dictionary.length} values of the dictionary, found ${index}`)
        values[at] = dictionary[index]
      }
      return values
    },
  }
}

/** Behind their length. */
function booleanRuns(encoded: Uint8Array): PageValues {
  const decoder = new RunLengthDecoder(encoded, 4, encoded.length, 1)
  let bits = new Int32Array(0)
  return {
    sound: true,
    take(count) {
      if (bits.length < count) bits = new Int32Array(count)
      decoder.take(bits, count)
      return Array.from(bits.subarray(0, count), (bit) => bit === 1)
    },
  }
}

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}
