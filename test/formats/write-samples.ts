/**
 * Writes files of all types with every codec, and what is in them as JSON, for readers that are no packages of npm:
 * `write-samples.ts DIRECTORY`, then `python read-samples.py DIRECTORY` with pyarrow and fastavro.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { types } from '@millrace/core'
import type { Infer } from '@millrace/core'
import type { FileWriterFormat } from '@millrace/core/spi'
import { avro } from '@millrace/format-avro'
import { parquet } from '@millrace/format-parquet'

const Sample = types.row({
  id: types.long(), big: types.bigint(), small: types.int().nullable(), flag: types.boolean().nullable(), f: types.float(), d: types.double().nullable(), s: types.string(), kind: types.enumOf('red', 'green'), raw: types.bytes().nullable(),
  at: types.timestamp().nullable(), day: types.date(), time: types.time(), dec: types.decimal(9, 2).nullable(), wide: types.decimal(38, 10), list: types.list(types.int().nullable()).nullable(), struct: types.row({ x: types.double(), y: types.string().nullable() }).nullable(), map: types.map(types.string(), types.long()),
})

const rows: readonly Infer<typeof Sample>[] = Array.from({ length: 3000 }, (_, i) => ({
  id: i * 1_000_003 * (i % 2 === 0 ? 1 : -1), big: (i % 2 === 0 ? 1n : -1n) * (2n ** 62n + BigInt(i)), small: i % 3 === 0 ? null : i - 1000, flag: i % 7 === 0 ? null : i % 2 === 0, f: i / 4, d: i % 11 === 0 ? null : i / 7, s: i < 1500 ? `text ${i % 50} é漢😀` : `other ${i}`, kind: i % 5 === 0 ? 'red' : 'green', raw: i % 4 === 0 ? null : Uint8Array.of(i & 255, 0, 255),
  at: i % 5 === 0 ? null : 1_700_000_000_000 + i * 997, day: i - 500, time: i * 20_000, dec: i % 6 === 0 ? null : `${i % 2 === 0 ? '-' : ''}${(i % 90) + 1}.${10 + (i % 90)}`, wide: `${i % 2 === 0 ? '-' : ''}1234567890123456789012345${1 + (i % 9)}.0000000${100 + (i % 900)}`,
  list: i % 8 === 0 ? null : Array.from({ length: i % 4 }, (_item, k) => (k === 1 ? null : k + i)), struct: i % 9 === 0 ? null : { x: i / 2, y: i % 2 === 0 ? null : `y${i}` }, map: new Map(Array.from({ length: i % 3 }, (_entry, k) => [`k${k}`, k * i])),
}))

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('expected a directory to write to')
mkdirSync(directory, { recursive: true })

async function write(name: string, format: FileWriterFormat<Infer<typeof Sample>>): Promise<void> {
  const parts: Uint8Array[] = []
  const writer = format.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  for (const row of rows) writer.write(row)
  await writer.finish()
  writeFileSync(join(directory as string, name), Buffer.concat(parts))
}

for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd'] as const) {
  for (const dictionary of [true, false]) await write(`${codec}-${dictionary ? 'dictionary' : 'plain'}.parquet`, parquet(Sample, { codec, dictionary, rowGroupRows: 1000, pageBytes: 3000, bloomFilters: ['s', 'id'] }).fileWriter)
}
for (const codec of ['null', 'deflate', 'snappy', 'zstandard'] as const) await write(`${codec}.avro`, avro(Sample, { codec, blockBytes: 5000 }).fileWriter)

/** Big integers and decimals as text, bytes in hexadecimal digits, maps as objects. */
const plain = (_key: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
  return value instanceof Map ? Object.fromEntries(value as Map<string, unknown>) : value
}
writeFileSync(join(directory, 'expected.json'), JSON.stringify(rows, plain))
