import type { ColumnMetaData, DecodedArray, Encoding, PageHeader } from 'hyparquet'
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { arrayCursor } from './column-cursor.ts'
import { decompressors } from './decompressors.ts'
import type { FlatColumn } from './flat-column.ts'
import { plainValues } from './plain-values.ts'
import type { PageValues } from './plain-values.ts'
import { RunLengthDecoder } from './run-length-decoder.ts'
import { INVALID } from './value-parser.ts'

/** A page of a flat column. */
export interface Page {
  /** Values, nulls among them, that were not taken. */
  readonly left: number
  /** At most `left`. The result is of use until the next call. */
  take(count: number): ArrayLike<unknown>
  /** Whether what was taken last is known to be without nulls and INVALIDs. */
  readonly sound: boolean
}

/** What a page consists of, unpacked. */
interface PageParts {
  readonly count: number
  readonly encoding: Encoding
  /** 0 where a value is null, else 1. Undefined: no value is null. */
  readonly levels: RunLengthDecoder | undefined
  readonly values: Uint8Array
  /** All are null. */
  readonly empty: boolean
  /** Decodes the values where this decoder does not. */
  byHyparquet(): DecodedArray
}

/** Decodes the common encodings, and leaves the others to hyparquet. */
export class PageDecoder {
  readonly #column: FlatColumn
  readonly #meta: ColumnMetaData
  /** For hyparquet. */
  readonly #decoder: Parameters<typeof convert>[1]
  #dictionary: DecodedArray | undefined

  constructor(column: FlatColumn, meta: ColumnMetaData) {
    this.#column = column
    this.#meta = meta
    const parsers = { ...DEFAULT_PARSERS, ...column.parsers }
    this.#decoder = { ...meta, pathInSchema: meta.path_in_schema, element: column.annotation, schemaPath: [...column.path], compressors: decompressors, parsers, utf8: false }
  }

  /** Takes the dictionary for the pages after it. */
  takeDictionary(stored: Uint8Array, { uncompressed_page_size: size, dictionary_page_header: header }: PageHeader): void {
    const count = header?.num_values ?? 0
    const { annotation, parsing } = this.#column
    const bytes = this.#unpack(stored, size)
    const values = plainValues(bytes, annotation, parsing)
    if (values !== undefined) this.#dictionary = values.take(count) as DecodedArray
    else this.#dictionary = convert(readPlain({ view: viewOf(bytes), offset: 0 }, this.#meta.type, count, annotation.type_length), this.#decoder)
  }

  page(stored: Uint8Array, header: PageHeader): Page {
    const parts = header.data_page_header === undefined ? this.#partsV2(stored, header) : this.#partsV1(stored, header)
    return pageOf(parts.count, this.#values(parts), parts.levels)
  }

  #partsV1(stored: Uint8Array, { uncompressed_page_size: size, data_page_header: header }: PageHeader): PageParts {
    if (header === undefined) throw new Error('expected a header of a data page')
    const { num_values: count, encoding } = header
    const bytes = this.#unpack(stored, size)
    const byHyparquet = (): DecodedArray => convertWithDictionary(readDataPage(bytes, header, this.#decoder).dataPage, this.#dictionary, encoding, this.#decoder)
    if (!this.#column.nullable) return { count, encoding, levels: undefined, values: bytes, empty: false, byHyparquet }
    const start = bytes.length < 4 ? bytes.length + 1 : 4 + viewOf(bytes).getUint32(0, true)
    if (start > bytes.length) throw new Error(`expected levels in a page of ${bytes.length} bytes, found them to end at ${start}`)
    return { count, encoding, levels: new RunLengthDecoder(bytes, 4, start, 1), values: bytes.subarray(start), empty: false, byHyparquet }
  }

  #partsV2(stored: Uint8Array, header: PageHeader): PageParts {
    const v2 = header.data_page_header_v2
    if (v2 === undefined) throw new Error('expected a header of a data page')
    const { num_values: count, num_nulls: nulls, encoding, repetition_levels_byte_length: levelsAt } = v2
    const start = levelsAt + v2.definition_levels_byte_length
    if (start > stored.length) throw new Error(`expected levels in a page of ${stored.length} bytes, found them to end at ${start}`)
    const levels = this.#column.nullable && nulls > 0 ? new RunLengthDecoder(stored, levelsAt, start, 1) : undefined
    const packed = stored.subarray(start)
    const empty = nulls === count // then there are no bytes to be unpacked
    const values = v2.is_compressed === false || empty ? packed : this.#unpack(packed, header.uncompressed_page_size - start)
    const byHyparquet = (): DecodedArray => convertWithDictionary(readDataPageV2(stored, header, this.#decoder).dataPage, this.#dictionary, encoding, this.#decoder)
    return { count, encoding, levels, values, empty, byHyparquet }
  }

  #values({ encoding, values, empty, byHyparquet }: PageParts): PageValues {
    if (empty) return arrayCursor([])
    if (encoding === 'PLAIN') return plainValues(values, this.#column.annotation, this.#column.parsing) ?? arrayCursor(byHyparquet())
    if (encoding === 'RLE_DICTIONARY' || encoding === 'PLAIN_DICTIONARY') {
      if (this.#dictionary === undefined) throw new Error('expected a dictionary before the page that refers to it')
      return dictionaryValues(this.#dictionary, values)
    }
    return arrayCursor(byHyparquet())
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

function pageOf(count: number, values: PageValues, levels: RunLengthDecoder | undefined): Page {
  let left = count
  let isSound = false
  let present = new Int32Array(0)
  const spread: unknown[] = []
  return {
    get left() {
      return left
    },
    get sound() {
      return isSound
    },
    take(wanted) {
      left -= wanted
      if (levels === undefined) {
        const all = values.take(wanted)
        isSound = values.sound
        return all
      }
      if (present.length < wanted) present = new Int32Array(wanted)
      levels.take(present, wanted)
      let found = 0
      for (let index = 0; index < wanted; index++) found += present[index] as number
      const dense = values.take(found)
      isSound = found === wanted && values.sound
      if (found === wanted) return dense
      for (let index = 0, next = 0; index < wanted; index++) spread[index] = present[index] === 1 ? dense[next++] : null
      return spread
    },
  }
}

function viewOf(bytes: Uint8Array): DataView<ArrayBuffer> {
  return new DataView(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength)
}
