import type { ColumnChunk, DecodedArray, ParquetParsers, SchemaElement, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { convert, convertWithDictionary, DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { decompressPage, readDataPage, readDataPageV2 } from 'hyparquet/src/datapage.js'
import { readPlain } from 'hyparquet/src/plain.js'
import { decompressors } from './decompressors.ts'
import type { ParquetFile } from './open-file.ts'
import { damaged } from './parquet-error.ts'

/** One leaf of a nested column in one row group: its entries as they lie in the file, read from front to back. */
export interface LeafLevels {
  /** Of each entry; an entry with a value has the highest level. */
  readonly definition: ArrayLike<number>
  readonly repetition: ArrayLike<number>
  readonly values: ArrayLike<unknown>
  readonly count: number
  /** The next entry. */
  at: number
  /** Its value, if it has one. */
  valueAt: number
}

export interface LeafSource {
  /** From the root of the schema to the leaf. */
  readonly path: readonly SchemaTree[]
  /** The leaf's own element, annotated so that the decoder calls the right parser. */
  readonly element: SchemaElement
  readonly parsers: Partial<ParquetParsers>
}

/** Reads the leaf's column chunk. */
export async function readLeafLevels(file: ParquetFile, chunk: ColumnChunk, { path, element, parsers }: LeafSource): Promise<LeafLevels> {
  const meta = chunk.meta_data
  if (meta === undefined) throw damaged(file.path, `expected the place of the column ${path.at(-1)?.path.join('.') ?? ''}`)
  const start = Number(meta.dictionary_page_offset ?? meta.data_page_offset)
  const buffer = await file.buffer.slice(start, start + Number(meta.total_compressed_size))
  const decoder = { ...meta, pathInSchema: meta.path_in_schema, element, schemaPath: [...path], compressors: decompressors, parsers: { ...DEFAULT_PARSERS, ...parsers }, utf8: false }
  const reader = { view: new DataView(buffer), offset: 0 }
  const count = Number(meta.num_values)
  const highest = path.slice(1).filter((node) => node.element.repetition_type !== 'REQUIRED').length
  const definition: number[] = []
  const repetition: number[] = []
  const values: unknown[] = []
  let dictionary: DecodedArray | undefined
  while (definition.length < count && reader.offset < buffer.byteLength - 1) {
    const header = parquetHeader(reader)
    const bytes = new Uint8Array(buffer, reader.offset, header.compressed_page_size)
    reader.offset += header.compressed_page_size
    if (header.type === 'DICTIONARY_PAGE') {
      const page = decompressPage(bytes, header.uncompressed_page_size, meta.codec, decompressors)
      const stored = readPlain({ view: new DataView(page.buffer, page.byteOffset, page.byteLength), offset: 0 }, meta.type, header.dictionary_page_header?.num_values ?? 0, element.type_length)
      dictionary = convert(stored, decoder)
      continue
    }
    const info = header.data_page_header ?? header.data_page_header_v2
    if (info === undefined) continue // an index page
    if (definition.length + info.num_values > count) throw damaged(file.path, `expected at most ${count} values of ${meta.path_in_schema.join('.')}, found more`)
    const v1 = header.data_page_header
    const data = v1 === undefined ? readDataPageV2(bytes, header, decoder) : readDataPage(decompressPage(bytes, header.uncompressed_page_size, meta.codec, decompressors), v1, decoder)
    append(definition, data.definitionLevels ?? [], info.num_values, highest)
    append(repetition, data.repetitionLevels, info.num_values, 0)
    const parsed = convertWithDictionary(data.dataPage, dictionary, info.encoding, decoder)
    for (let index = 0; index < parsed.length; index++) values.push(parsed[index])
  }
  return { definition, repetition, values, count: definition.length, at: 0, valueAt: 0 }
}

/** Levels that are all the same are left out of the file. */
function append(levels: number[], found: readonly number[], count: number, otherwise: number): void {
  for (let index = 0; index < count; index++) levels.push(found.length === 0 ? otherwise : (found[index] as number))
}
