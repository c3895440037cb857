import type { ColumnMetaData, PageHeader, SchemaElement, SchemaTree } from 'hyparquet'
import { ByteWriter } from 'hyparquet-writer'
import { deltaBinaryPack } from 'hyparquet-writer/src/delta.js'
import { expect, test } from 'vitest'
import { PageDecoder } from '../src/page-decoder.ts'

const element: SchemaElement = { name: 'n', type: 'INT32', repetition_type: 'OPTIONAL' }
const node = (of: SchemaElement, path: string[]): SchemaTree => ({ children: [], count: 1, element: of, path })
const meta = { type: 'INT32', codec: 'UNCOMPRESSED', path_in_schema: ['n'], encodings: ['DELTA_BINARY_PACKED'], num_values: 10n, total_compressed_size: 0n, total_uncompressed_size: 0n, data_page_offset: 4n } satisfies ColumnMetaData

/** A page of format version 1 with ten values, which its levels tell in one run of `run` times 1. */
function page(run: readonly number[]): { readonly stored: Uint8Array; readonly header: PageHeader } {
  const values = new ByteWriter()
  deltaBinaryPack(values, Int32Array.from({ length: 10 }, (_, index) => index * index), 'INT32')
  const levels = Buffer.from([...run, 1])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(levels.length)
  const stored = Buffer.concat([length, levels, values.getBytes()])
  const data = { num_values: 10, encoding: 'DELTA_BINARY_PACKED', definition_level_encoding: 'RLE', repetition_level_encoding: 'RLE' } as const
  return { stored, header: { type: 'DATA_PAGE', uncompressed_page_size: stored.length, compressed_page_size: stored.length, data_page_header: data } }
}

test.each([
  ['as long as the page', [20]],
  ['of two thousand million', [0xfe, 0xff, 0xff, 0xff, 0x0f]],
])('a run of levels %s gives as many values as the page has, also in an encoding that hyparquet decodes', (_name, run) => {
  const { stored, header } = page(run)
  const decoder = new PageDecoder({ path: [node({ name: 'root', num_children: 1 }, []), node(element, ['n'])], parsing: { parse: undefined, safeIntegers: false } as never, annotation: element, parsers: {} }, meta)
  const found = decoder.page(stored, header)
  expect(Array.from(found?.values.take(10) ?? [])).toEqual(Array.from({ length: 10 }, (_, index) => index * index))
})
