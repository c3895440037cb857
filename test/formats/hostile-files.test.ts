import { types } from '@millrace/core'
import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat } from '@millrace/core/spi'
import { csv } from '@millrace/format-csv'
import { debeziumJson, json, jsonLines } from '@millrace/format-json'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { bytesInput, readAll } from './read-format.ts'

const Row = types.row({ id: types.long(), name: types.string(), at: types.timestamp().nullable(), price: types.decimal(9, 2).nullable() })
const lines = Array.from({ length: 40 }, (_, id) => ({ id, name: `name "${id}"\n, é漢`, at: id % 3 === 0 ? null : 1e12 + id, price: id % 5 === 0 ? null : `${id}.25` }))
const csvText = `id,name,at,price\n${lines.map(({ id, name, at, price }) => `${id},"${name.replaceAll('"', '""')}",${at ?? ''},${price ?? ''}\n`).join('')}`
const jsonText = lines.map((row) => `${JSON.stringify(row)}\n`).join('')
const changes = lines.map((row) => `${JSON.stringify({ before: null, after: row, op: 'c' })}\n`).join('')

const cases: readonly (readonly [string, FileReaderFormat<unknown>, string])[] = [
  ['csv', csv(Row).fileReader, csvText],
  ['csv with line breaks outside of fields only', csv(Row, { embeddedNewlines: false }).fileReader, csvText.replaceAll('\n,', ' ,')],
  ['csv in UTF-16', csv(Row, { encoding: 'utf-16le' }).fileReader, csvText],
  ['json lines', jsonLines(Row).fileReader, jsonText],
  ['json document', json(Row, { path: ['rows'] }).fileReader, `{"rows":[${jsonText.trimEnd().replaceAll('\n{', ',\n{')}]}`],
  ['debezium', debeziumJson(Row).fileReader, changes],
]

describe.each(cases)('damaged files: %s', (name, format, text) => {
  const good = Buffer.from(text, name === 'csv in UTF-16' ? 'utf16le' : 'utf8')

  test('give rows, bad records or a MillraceError, the same for any chunks, and never hang', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }), fc.nat(good.length), fc.integer({ min: 1, max: 300 }), async (flips, cut, chunkBytes) => {
        const bytes = Buffer.from(good.subarray(0, cut % 7 === 0 ? cut : good.length))
        for (const [at, value] of flips) if (at < bytes.length) bytes[at] = value
        const outcome = async (size: number): Promise<unknown> => {
          try {
            const { rows, bad } = await readAll(format, bytesInput('x', bytes, size))
            // No row has a shape that its type does not allow.
            for (const row of rows) expect(Object.keys(row as object).length).toBeGreaterThanOrEqual(name === 'debezium' ? 2 : 4)
            return [rows, bad.map(({ record }) => [record.code, record.offset, record.line])]
          } catch (error) {
            if (!MillraceError.is(error)) throw error
            return error.code
          }
        }
        expect(await outcome(chunkBytes)).toEqual(await outcome(1 << 16))
      }),
      { numRuns: 60 },
    )
  })
})

test('files that never end a record, quote or value take memory in proportion to themselves', async () => {
  const size = 10_000
  const hostile: readonly (readonly [FileReaderFormat<unknown>, string])[] = [
    [csv(Row).fileReader, `id,name,at,price\n1,"${'x'.repeat(size)}`],
    [csv(Row).fileReader, `id,name,at,price\n${'"'.repeat(size)}`],
    [csv(Row).fileReader, `id,name,at,price\n${'"\n'.repeat(size / 2)}`],
    [csv(Row).fileReader, `id,name,at,price\n${','.repeat(size)}`],
    [csv().fileReader, `${','.repeat(size)}\n`],
    [jsonLines().fileReader, '['.repeat(size)],
    [jsonLines().fileReader, `{"a":${'9'.repeat(size)}}\n`],
    [jsonLines().fileReader, '{"a":1},'.repeat(size / 8)],
    [json().fileReader, '['.repeat(size)],
    [json().fileReader, `[${'{"a":['.repeat(size / 6)}`],
    [json(undefined, { path: ['a'] }).fileReader, '{"b":'.repeat(size / 5)],
    [json().fileReader, `["${'\\'.repeat(size)}`],
  ]
  const before = process.memoryUsage()
  for (const [format, text] of hostile) {
    for (const chunkBytes of [64, 65_536]) {
      await readAll(format, bytesInput('x', Buffer.from(text), chunkBytes)).catch((error: unknown) => {
        if (!MillraceError.is(error)) throw error
      })
    }
  }
  const after = process.memoryUsage()
  expect(after.rss - before.rss).toBeLessThan(200 * 1024 * 1024)
})
