import { types } from '@millrace/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { json } from '../src/index.ts'
import { input, readLines } from './read-lines.ts'

const Item = types.row({ id: types.int(), name: types.string().nullable() })

const CHUNKS = [1, 7, 16, 65_536]

describe('documents', () => {
  test.each<[string, string, readonly string[], readonly unknown[]]>([
    ['an array', ' [1, "a]", {"b":[2]} ,null,[ ]] ', [], [1, 'a]', { b: [2] }, null, []]],
    ['an empty array', '[ ]', [], []],
    ['an object', '{"a":1}', [], [{ a: 1 }]],
    ['a number', '\uFEFF-1.5e3', [], [-1500]],
    ['a text with escapes', '"\\"\\\\"', [], ['"\\']],
    ['a path', '{"meta":{"items":["no"]},"data":{"n":1,"items":[1,2],"more":[3]},"end":"}"}', ['data', 'items'], [1, 2]],
    ['an escaped name', '{"\\u0061":[1]}', ['a'], [1]],
    ['a value at a path', '{"a":{"b":{"c":1}},"z":[]}', ['a', 'b'], [{ c: 1 }]],
  ])('%s', async (_name, text, path, expected) => {
    for (const chunkBytes of CHUNKS) {
      const { rows, bad } = await readLines(json(undefined, { path }).fileReader, input(text, chunkBytes))
      expect([rows, bad]).toEqual([expected, []])
    }
  })

  test.each([
    ['', []], ['   ', []], ['[1', []], ['[1,', []], ['[1,]', []], ['[,1]', []], ['[1]]', []], ['[1}', []], ['[1]x', []], ['[1 2]', []], ['{"a":[1],}', ['a']], ['{"a":[1] "b":2}', ['a']],
    ['{"b":tru,"a":[1]}', ['a']], ['{"b":1}', ['a']], ['[1]', ['a']], ['{"a":1', ['a']], ['{a:[1]}', ['a']], ['"abc', []], ['{"a":[1],"b":nul}', ['a']],
  ] as const)('%j with the path %j fails', async (text, path) => {
    for (const chunkBytes of CHUNKS) {
      await expect(readLines(json(undefined, { path }).fileReader, input(text, chunkBytes))).rejects.toMatchObject({ code: 'JSON_DOCUMENT', at: { file: 'in.jsonl' } })
    }
  })

  test('bad elements are bad records with their place, and lose no neighbour', async () => {
    const text = '[\n{"id":1},\n{"id":"x"},\n{"id":01},\n{"id":2},\n{"id":3,"name":"' + 'y'.repeat(200) + '"},\n{"id":4}\n]'
    for (const chunkBytes of CHUNKS) {
      const { rows, bad } = await readLines(json(Item, { maxRecordBytes: 100 }).fileReader, input(text, chunkBytes))
      expect(rows).toEqual([{ id: 1, name: null }, { id: 2, name: null }, { id: 4, name: null }])
      expect(bad.map(({ index, record }) => [index, record.code, record.line, record.field])).toEqual([[1, 'JSON_VALUE', 3, 'id'], [1, 'JSON_SYNTAX', 4, null], [2, 'JSON_RECORD_TOO_LONG', 6, null]])
    }
  })

  test('a long member off the path does not fill the memory', async () => {
    let given = 0
    const big = { ...input(''), async *chunks() { yield Buffer.from('{"skip":['); for (; given < 2000; given++) yield Buffer.from('"x]",'.repeat(2000)); yield Buffer.from('1],"a":[7]}') } }
    expect((await readLines(json(undefined, { path: ['a'], maxRecordBytes: 1000 }).fileReader, big)).rows).toEqual([7])
    expect(given).toBe(2000)
  })

  test('what was written is read back, also from the middle and when the file was continued', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.record({ id: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), name: fc.option(fc.string({ unit: 'grapheme' })) }), { maxLength: 30 }), fc.array(fc.string(), { maxLength: 2 }), fc.integer({ min: 1, max: 40 }), fc.nat(29), async (rows, path, chunkBytes, cut) => {
        const format = json(Item, { path })
        const chunks: Uint8Array[] = []
        const output = { write: (bytes: Uint8Array) => void chunks.push(bytes) }
        const first = format.fileWriter.open(output, { continued: false })
        const head = rows.slice(0, cut)
        for (const row of head) first.write(row)
        first.flush()
        const second = head.length === 0 ? first : format.fileWriter.open(output, { continued: true })
        for (const row of rows.slice(cut)) second.write(row)
        await second.finish()
        expect((await readLines(format.fileReader, input(Buffer.concat(chunks), chunkBytes))).rows).toEqual(rows)
      }),
      { numRuns: 100 },
    )
  })

  test('reading again from a position gives the rest', async () => {
    const text = `{"a":{"b":[${Array.from({ length: 2500 }, (_, id) => `{"id":${id}}`).join(' , ')}],"c":1}}`
    const format = json(Item, { path: ['a', 'b'] }).fileReader
    const { batches } = await readLines(format, input(text, 1000))
    expect(batches.map((batch) => batch.values.length)).toEqual([1000, 1000, 500])
    for (const from of [0, 1, 2]) {
      const position = batches[from]?.position ?? -1
      expect((await readLines(format, input(text, 333), { position })).rows).toEqual(batches.slice(from).flatMap((batch) => batch.values))
    }
  })
})
