import { rmSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { millrace, project } from './millrace.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = project(files)
  folders.push(folder)
  return folder
}

test('a CSV file gives a row type with the narrowest types, and its dialect', async () => {
  const text = 'id;seen;name;zip;price;paid;day;at;big;none\n1;2024-01-01T10:00:00Z;x;01234;1.5;true;2024-01-01;10:00;99999999999999999999;\n3000000000;2024-01-02 10:00;;00111;2;FALSE;2024-01-02;11:30:05;1;\n'
  const { code, stdout, stderr } = await millrace(folderWith({ 'orders-2024.csv': text }), 'schema', 'orders-2024.csv')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toBe(`import { types } from '@millrace/core'
import { csv } from '@millrace/format-csv'

/** The records of orders-2024.csv, after 2 of them. */
export const Orders2024 = types.row({
  id: types.long(),
  seen: types.timestamp(),
  name: types.string().nullable(),
  zip: types.string(),
  price: types.double(),
  paid: types.boolean(),
  day: types.date(),
  at: types.time(),
  big: types.bigint(),
  none: types.string().nullable(),
})

export const orders2024Format = csv(Orders2024, { delimiter: ';' })
`)
})

test('JSON lines, plain and compressed, and documents give nested types', async () => {
  const lines = '{"id":1,"tags":["a"],"at":"2024-01-01","n":{"x":1.5},"m":1}\n{"id":9007199254740993,"tags":[],"at":"2024-01-01T00:00:00Z","n":{"x":1,"y":null},"m":"x"}\n{"broken'
  const folder = folderWith({ 'events.ndjson': lines, 'events.json': `[${lines.split('\n').slice(0, 2).join(',')}]` })
  writeFileSync(join(folder, 'zipped.jsonl.gz'), gzipSync(lines))
  const expected = `types.row({
  id: types.bigint(),
  tags: types.list(types.string()),
  at: types.timestamp(),
  n: types.row({
    x: types.double(),
    y: types.json().nullable(),
  }),
  m: types.json(),
})`
  expect((await millrace(folder, 'schema', 'events.ndjson', '--name', 'Event')).stdout).toContain(`export const Event = ${expected}\n\nexport const eventFormat = jsonLines(Event)\n`)
  expect((await millrace(folder, 'schema', 'zipped.jsonl.gz')).stdout).toContain(`export const Zipped = ${expected}`)
  expect((await millrace(folder, 'schema', 'events.json')).stdout).toContain(`export const Events = ${expected}\n\nexport const eventsFormat = json(Events)\n`)
})

test.each([
  ['an unknown extension', 'x.txt', 'a', 2, /CLI_INVALID_ARGUMENT.*--format/],
  ['a missing file', 'y.csv', undefined, 2, /CLI_INVALID_ARGUMENT.*there is no file/],
  ['a file without records', 'x.csv', 'a,b\n', 1, /CSV_COLUMNS.*expected a header and at least one record/],
  ['JSON that is no object', 'x.jsonl', '1\n2\n', 1, /JSON_SYNTAX.*expected JSON objects/],
  ['a format that is not installed', 'x.csv --format @tides/format', 'a\n1\n', 2, /CLI_FORMAT_MISSING.*npm install @tides\/format/],
])('%s is one clear error', async (_what, args, content, code, message) => {
  const [file = '', ...flags] = args.split(' ')
  const finished = await millrace(folderWith(content === undefined ? {} : { [file]: content }), 'schema', file, ...flags)
  expect(finished.stderr).toMatch(message)
  expect([finished.code, finished.stdout]).toEqual([code, ''])
})
