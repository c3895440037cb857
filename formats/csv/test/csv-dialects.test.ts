import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compileRows } from '../src/compiled-rows.ts'
import { resolveOptions } from '../src/csv-options.ts'
import { csv } from '../src/index.ts'
import type { CsvOptions } from '../src/index.ts'
import { RecordScanner } from '../src/record-scanner.ts'
import { RowDecoder } from '../src/row-decoder.ts'
import { input, readCsv } from './read-csv.ts'

const Pair = types.row({ a: types.int(), b: types.string() })

async function read(text: string | Uint8Array, options: CsvOptions, chunkBytes = 3): Promise<unknown> {
  const { rows, bad } = await readCsv(csv(Pair, options).fileReader, input(text, chunkBytes))
  return bad.length === 0 ? rows : bad.map(({ record }) => record.code)
}

describe('dialects', () => {
  const X = [{ a: 1, b: 'x' }, { a: 2, b: 'y' }]
  test.each<[string, string, CsvOptions, unknown]>([
    ['semicolons', 'a;b\n1;x\n2;y', { delimiter: ';' }, X],
    ['a delimiter of several characters', 'a||b\n1||x\n2||"y"\n', { delimiter: '||' }, X],
    ['half a delimiter is text', 'a||b\n1||x|\n', { delimiter: '||' }, [{ a: 1, b: 'x|' }]],
    ['a delimiter beyond ASCII', 'a¦b\n1¦x\n2¦y', { delimiter: '¦' }, X],
    ['another quote', "a,b\n1,'x,''z'\n", { quote: "'" }, [{ a: 1, b: "x,'z" }]],
    ['no quotes', 'a,b\n1,"x\n', { quote: null }, [{ a: 1, b: '"x' }]],
    ['another escape', 'a,b\n1,"\\"x\\\\ \\n"\n', { escape: '\\' }, [{ a: 1, b: '"x\\ \\n' }]],
    ['comments', '# one, "two\na,b\n#x\n1,x\n# a long comment\n2,y\n#', { comment: '#' }, X],
    ['a header that is ignored', 'foo,bar\n1,x\n2,y\n', { header: 'ignore' }, X],
    ['a header that is ignored, columns named', 'foo,bar,c\nx,0,1\ny,0,2\n', { header: 'ignore', columns: ['b', '_', 'a'] }, X],
    ['ragged rows', 'a,b\n1,x,more\n2\n', {}, ['CSV_COLUMN_COUNT', 'CSV_COLUMN_COUNT']],
    ['ragged rows where fields are needed', 'a,b\n1,x,more\n2\n', { raggedRows: 'fill' }, ['CSV_VALUE']],
  ])('%s', async (_name, text, options, expected) => expect(await read(text, options)).toEqual(expected))

  test('ragged rows are filled with nulls', async () => {
    const Row = types.row({ b: types.string().nullable(), a: types.int(), c: types.string().nullable() })
    const { rows } = await readCsv(csv(Row, { raggedRows: 'fill' }).fileReader, input('a,b,c\n1\n2,x\n3,y,z,more\n'))
    expect(rows).toEqual([{ b: null, a: 1, c: null }, { b: 'x', a: 2, c: null }, { b: 'y', a: 3, c: 'z' }])
  })

  test('without a type all columns are texts', async () => {
    expect((await readCsv(csv().fileReader, input('a, b\n1,x\n'))).rows).toEqual([{ a: '1', b: 'x' }])
    expect((await readCsv(csv(undefined, { header: false, columns: ['p', 'q'] }).fileReader, input('1,x\n'))).rows).toEqual([{ p: '1', q: 'x' }])
    expect(() => csv(undefined, { header: false })).toThrow(expect.objectContaining({ code: 'CSV_OPTION' }))
  })

  test.each<[CsvOptions]>([[{ quote: 'é' }], [{ quote: ',' }], [{ comment: '"' }], [{ quote: null, escape: '\\' }], [{ delimiter: '' }], [{ delimiter: '漢', encoding: 'latin1' }]])('%j is refused', (options) =>
    expect(() => csv(Pair, options)).toThrow(expect.objectContaining({ code: 'CSV_OPTION' })),
  )
})

describe('encodings', () => {
  const rows = [{ a: 1, b: 'é"ü' }, { a: 2, b: '½\n' }, { a: 3, b: 'x' }]

  test.each(['utf-8', 'latin1', 'utf-16le', 'utf-16be'] as const)('%s is written and read, with exact positions', async (encoding) => {
    const format = csv(Pair, { encoding })
    const chunks: Uint8Array[] = []
    const writer = format.fileWriter.open({ write: (bytes) => void chunks.push(bytes) }, { continued: false })
    const many = Array.from({ length: 2500 }, (_, i) => ({ a: i, b: `é${'漢'.repeat(encoding === 'latin1' ? 0 : i % 3)}${encoding === 'latin1' ? '' : '😀'}` }))
    for (const row of [...rows, ...many]) writer.write(row)
    await writer.finish()
    const file = Buffer.concat(chunks)
    for (const chunkBytes of [1, 7, 4096]) expect((await readCsv(format.fileReader, input(file, chunkBytes))).rows).toEqual([...rows, ...many])
    const { batches } = await readCsv(format.fileReader, input(file, 999))
    const position = batches[2]?.position ?? -1
    expect((await readCsv(format.fileReader, input(file, 11), { position })).rows).toEqual(batches.slice(2).flatMap((batch) => batch.values))
  })

  test('a bad record has its own bytes and line', async () => {
    const file = Buffer.from('\uFEFFa,b\n1,"é\né"\nx,é\n', 'utf16le')
    const { bad } = await readCsv(csv(Pair, { encoding: 'utf-16le' }).fileReader, input(file, 5))
    expect(bad.map(({ record }) => [record.code, record.line, record.offset, Buffer.from(record.raw ?? []).toString('utf16le')])).toEqual([['CSV_VALUE', 4, 26, 'x,é\n']])
  })

  test('half a surrogate pair is damage, not a letter', async () => {
    expect(await read(Buffer.from('a,b\n1,\uD83D\n', 'utf16le'), { encoding: 'utf-16le' })).toEqual(['CSV_ENCODING'])
  })

  test('a letter that latin1 lacks is refused', () => {
    const writer = csv(Pair, { encoding: 'latin1' }).fileWriter.open({ write: () => {} }, { continued: false })
    expect(() => writer.write({ a: 1, b: '漢' })).toThrow(expect.objectContaining({ code: 'CSV_TYPE_MISMATCH' }))
  })
})

test.each<[CsvOptions, string]>([
  [{ quoteFields: 'text' }, '"a","b"\n1,"x"\n'],
  [{ quoteFields: 'all', lineTerminator: '\r' }, '"a","b"\r"1","x"\r'],
  [{ delimiter: '||' }, 'a||b\n1||x\n'],
])('fields are written as %j', async (options, expected) => {
  let text = ''
  const writer = csv(Pair, options).fileWriter.open({ write: (bytes) => void (text += Buffer.from(bytes).toString()) }, { continued: false })
  writer.write({ a: 1, b: 'x' })
  await writer.finish()
  expect(text).toBe(expected)
})

const dialects = fc.constantFrom<CsvOptions>({}, { delimiter: '||' }, { delimiter: ';', quote: "'" }, { escape: '\\' }, { comment: '#' }, { quoteFields: 'all' }, { quoteFields: 'text', lineTerminator: '\r' }, { encoding: 'utf-16be' })
test('what any dialect writes it reads', async () => {
  const Row = types.row({ n: types.double(), s: types.string(), t: types.string().nullable() })
  const text = fc.string({ unit: fc.constantFrom('a', '"', "'", '\\', ',', '|', ';', '#', '\n', '\r', ' ', 'é', '漢', '😀', '\uFEFF'), maxLength: 20 })
  const rows = fc.array(fc.record({ n: fc.double({ noNaN: true }).map((n) => n + 0), s: text, t: fc.option(text) }), { maxLength: 10 })
  await fc.assert(
    fc.asyncProperty(rows, dialects, fc.integer({ min: 1, max: 50 }), async (values, options, chunkBytes) => {
      const chunks: Uint8Array[] = []
      const writer = csv(Row, options).fileWriter.open({ write: (bytes) => void chunks.push(bytes) }, { continued: false })
      for (const row of values) writer.write(row)
      await writer.finish()
      const { rows: back, bad } = await readCsv(csv(Row, options).fileReader, input(Buffer.concat(chunks), chunkBytes))
      expect(bad).toEqual([])
      expect(back).toEqual(values)
    }),
    { numRuns: 300 },
  )
})

test('compiled code and the scanner read the same rows', () => {
  const schemas = [types.int(), types.long(), types.double(), types.string(), types.string().nullable(), types.int().nullable(), types.timestamp().nullable(), types.boolean()]
  const names = schemas.map((_, i) => `f${i}`)
  const field = fc.oneof(
    fc.constantFrom('', '-', '-0', '0', '12', '-7.50', '1e5', '.5', '5.', '123456789', '1234567890', '123456789012345', '1234567890123456', '9007199254740993', ' 1', '"1"', '"a""b"', '"a,b"', 'true', '2001-01-31', 'x"y', '"open', '"x"y', 'é', '漢字', '😀 and more text here', 'a text of more than twelve bytes'),
    fc.double().map(String),
    fc.integer().map(String),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.array(field, { minLength: 1, maxLength: 4 }), fc.constantFrom('\n', '\r\n')), { minLength: 1, maxLength: 8 }), fc.shuffledSubarray(names.map((_, i) => i), { minLength: 1, maxLength: 4 }), (lines, chosen) => {
      const fields = chosen.map((i) => ({ name: names[i] as string, type: (schemas[i] as (typeof schemas)[0]).schema }))
      const columns = [...fields.map(({ name }) => name), 'unused'].slice(0, 4)
      if (fields.length > columns.length) return
      const dialect = resolveOptions({})
      const bytes = Buffer.from(lines.map(([texts, end]) => texts.join(',') + end).join(''))
      const readRows = compileRows(fields, columns, dialect)
      const scanner = new RecordScanner(dialect)
      const decoder = new RowDecoder(fields, columns, dialect, 'x')
      for (let i = 0; i < bytes.length; ) {
        const rows: unknown[] = []
        const next = readRows?.(bytes, i, bytes.length, bytes.length, rows, 1) ?? i
        const result = scanner.scan(bytes, i, bytes.length, true)
        if (next > i) {
          expect([result, scanner.next, scanner.count]).toEqual(['complete', next, columns.length])
          expect(rows).toEqual([decoder.decode(scanner, bytes)])
        }
        if (result !== 'complete') break
        i = scanner.next
      }
    }),
    { numRuns: 500 },
  )
})
