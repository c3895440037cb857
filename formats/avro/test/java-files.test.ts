import { readFileSync } from 'node:fs'
import { types } from '@millrace/core'
import { expect, test } from 'vitest'
import { parseSchema } from '../src/avro-type.ts'
import { rabinFingerprint } from '../src/fingerprint.ts'
import { avro } from '../src/index.ts'
import { input, readAvro } from './read-avro.ts'

const data = (name: string): Buffer => readFileSync(new URL(`data/${name}`, import.meta.url))

/** The records as the program that wrote the files made them. */
const records = [0, 1, 2, 3].map((i) => ({
  flag: i % 2 === 0, i: i === 0 ? -(2 ** 31) : i, l: i === 0 ? 9007199254740991 : i * -1000000007, f: Math.fround(Math.fround(0.1) + i), d: 0.1 + i,
  s: `é漢😀${i}`, b: Uint8Array.of(0, 255, i), e: i % 2 === 0 ? 'RED' : 'GREEN', x: Uint8Array.of(1, 2, 3, i),
  a: i === 0 ? [] : [1, -2, 2 ** 40], m: i === 0 ? new Map() : new Map([['k', i]]), n: i % 2 === 0 ? null : 'here', u: [7, 'text', 'GREEN', 7][i],
  dec: i === 0 ? '-123456789.125' : `0.00${i}`, decf: `-12.${34 + i}`, day: i - 1, tms: 86_399_999 - i, tus: i, ms: -1 - i, us: 981173106789 + i, lms: 981173106789,
  id: `123e4567-e89b-12d3-a456-42661417400${i}`, dur: { months: 1, days: 2, millis: 4294967295 },
  tree: { v: i, kids: [{ v: 1, kids: [] }, { v: 2, kids: [{ v: 3, kids: [] }] }] },
}))

test.each(['null', 'deflate', 'snappy', 'zstandard'])('files with codec %s are read as they were written', async (codec) => {
  const { rows, bad, batches } = await readAvro(avro().fileReader, input(data(`java-${codec}.avro`)))
  expect(bad).toEqual([])
  expect(rows).toEqual(records)
  expect(batches.map(({ values }) => values.length)).toEqual([2, 2])
})

test('with a row type only its fields are read, as its types', async () => {
  const Some = types.row({
    us: types.bigint(), dec: types.decimal(20, 5), e: types.string(), absent: types.int().nullable(), l: types.bigint(), i: types.double(), n: types.string().nullable(), s: types.bytes(),
    dur: types.row({ months: types.long(), days: types.long(), millis: types.long() }), tree: types.row({ v: types.int() }),
  })
  const { rows } = await readAvro(avro(Some).fileReader, input(data('java-null.avro')))
  const { s, dur } = records[1] as (typeof records)[0]
  expect(rows[1]).toEqual({ us: 981173106790000n, dec: '0.00100', e: 'GREEN', absent: null, l: -1000000007n, i: 1, n: 'here', s: new Uint8Array(Buffer.from(s)), dur, tree: { v: 1 } })
})

test('fingerprints are those of Java', () => {
  const fingerprint = (schema: string): string => rabinFingerprint(parseSchema(schema, 'test').canonicalForm).toString(16)
  expect(fingerprint('"int"')).toBe('7275d51a3f395c8f')
  expect(fingerprint('string')).toBe('8f014872634503c7')
  expect(fingerprint('{"type":"record","name":"a.B","fields":[{"name":"c","type":["null","B"]}]}')).toBe('a352fd8cd7c28ae8')
})

test('a message in single-object encoding is read, and written with the same bytes', () => {
  const header = data('java-null.avro')
  const json = /\{"type":"record","name":"All".*\}\]\}\}\]\}/.exec(header.toString('latin1'))?.[0] ?? ''
  const format = avro(JSON.parse(json) as never, { framing: 'single-object' })
  const message = data('java-single-object.bin')
  const found: unknown[] = []
  format.deserialization.open().deserialize(message, { collect: (value) => found.push(value) })
  expect(found).toEqual([records[1]])
  expect(Buffer.from(format.serialization.open().serialize(found[0] as never))).toEqual(message)
})
