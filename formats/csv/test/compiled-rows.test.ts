import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { types } from '@millrace/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveOptions } from '../src/csv-options.ts'
import type { CsvOptions } from '../src/csv-options.ts'
import { CsvReader } from '../src/csv-reader.ts'
import { csv } from '../src/index.ts'
import { rowFields } from '../src/row-decoder.ts'
import { input, readCsv } from './read-csv.ts'

const Row = types.row({ id: types.int(), s: types.string(), t: types.string().nullable(), n: types.double().nullable() })

/** Reads with the scanner only. */
function scanned(text: string, chunkBytes: number, options: CsvOptions): ReturnType<typeof readCsv> {
  const open = (from: Parameters<typeof readCsv>[1]): CsvReader => new CsvReader(from, { signal: new AbortController().signal }, rowFields(Row), resolveOptions(options), () => undefined)
  return readCsv({ name: 'csv', wholeFileCompression: true, open }, input(text, chunkBytes))
}

test('records of all lengths are read as the scanner reads them, wherever blocks and chunks end', async () => {
  const length = fc.oneof({ weight: 20, arbitrary: fc.nat(40) }, { weight: 2, arbitrary: fc.integer({ min: 10_000, max: 50_000 }) })
  const part = fc.constantFrom('plain ', 'é', '水車', '😀', ',', '\n', '\r\n', '""', 'twelve bytes', 'x')
  const content = fc.tuple(length, part, part).map(([letters, a, b]) => (a + b).repeat(Math.ceil(letters / (a.length + b.length))))
  const field = fc.oneof(content.map((text) => `"${text}"`), content.map((text) => text.replaceAll(/[,\r\n"]/g, '')))
  const line = fc.oneof(
    { weight: 12, arbitrary: fc.tuple(fc.nat(), field, field, fc.constantFrom('', '1.5', '"-2"')).map((fields) => fields.join(',')) },
    { weight: 1, arbitrary: fc.constantFrom('', '1,2', 'x,y,z,1', '1,"a"b,c,1', '1,a,"open,1') },
  )
  const files = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n')), { minLength: 1, maxLength: 60 }).map((lines) => `id,s,t,n\n${lines.map((each) => each.join('')).join('')}`)
  await fc.assert(
    fc.asyncProperty(files, fc.constantFrom(100, 16_384, 70_000), fc.constantFrom<CsvOptions>({}, { embeddedNewlines: false }), async (text, chunkBytes, options) => {
      const expected = await scanned(text, chunkBytes, options)
      const found = await readCsv(csv(Row, options).fileReader, input(text, chunkBytes))
      expect(found.batches).toEqual(expected.batches)
    }),
    { numRuns: 60 },
  )
})

test('a text that is kept keeps nothing else of its file in memory', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const lines = Array.from({ length: 10_000 }, (_, id) => `${id},key of ${id} with é,"${'long text '.repeat(100)}",1\n`)
  const text = `id,s,t,n\n${lines.join('')}`
  const kept: string[] = []
  const { fileReader } = csv(Row)
  const reader = fileReader.open(input(text), { signal: new AbortController().signal })
  collect()
  const before = process.memoryUsage().heapUsed
  for (let batch = await reader.readBatch(); batch !== undefined; batch = await reader.readBatch()) for (const { s } of batch.values) kept.push(s)
  collect()
  expect(kept.length).toBe(10_000)
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(kept.length * 200)
})
