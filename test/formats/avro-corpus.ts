/**
 * Reads the container files below a directory with avro() and with avsc and compares them value by value: `avro-corpus.ts DIRECTORY`,
 * for example `share/test/data` of apache/avro. Prints a Markdown table; fails if values differ. Files that avsc cannot read, and
 * ours are not refused, are told as unchecked.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import { MillraceError } from '@millrace/core'
import { avro } from '@millrace/format-avro'
import avsc from 'avsc'
import { bytesInput, readAll } from './read-format.ts'

const [directory] = process.argv.slice(2)
if (directory === undefined) throw new Error('expected a directory of Avro files')
const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /\.avro(?:12)?$/.test(name))
if (files.length === 0) throw new Error(`expected files ….avro in ${directory}, found none`)

/** Values as both sides can say them. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, each]) => [key, plain(each)]))
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]))
  return value
}

const snappy = createRequire(new URL('../../formats/avro/package.json', import.meta.url))('snappy') as { uncompress(bytes: Buffer): Promise<Buffer> }
type Callback = (error: Error | null, bytes?: Buffer) => void
const codecs = {
  ...(avsc.streams.BlockDecoder as unknown as { defaultCodecs(): object }).defaultCodecs(),
  // without the CRC-32 behind the data
  snappy: (bytes: Buffer, done: Callback) => snappy.uncompress(bytes.subarray(0, -4)).then((found) => done(null, found), done),
  zstandard: zstdDecompress as unknown as (bytes: Buffer, done: Callback) => void,
}

function readAvsc(path: string): Promise<readonly unknown[]> {
  const rows: unknown[] = []
  return new Promise((resolve, reject) => {
    avsc.createFileDecoder(path, { codecs, parseHook: (schema: never) => avsc.Type.forSchema(schema, { wrapUnions: false }) } as never).on('data', (row) => rows.push(row)).on('end', () => resolve(rows)).on('error', reject)
  })
}

async function verdict(path: string): Promise<string> {
  const bytes = readFileSync(path)
  const ours = await readAll(avro().fileReader, bytesInput(path, bytes, 1000)).catch((error: unknown) => error)
  if (MillraceError.is(ours)) return `refused: ${ours.code}`
  if (ours instanceof Error) throw ours
  const { rows, bad } = ours as Awaited<ReturnType<typeof readAll>>
  const summary = `${rows.length} records${bad.length === 0 ? '' : `, ${bad.length} bad (${bad[0]?.record.code ?? ''})`}`
  const theirs = await readAvsc(path).catch((error: unknown) => error)
  if (theirs instanceof Error) return `unchecked: ${summary}; avsc: ${theirs.message}`
  if (rows.includes(null)) return `unchecked: ${summary}; a stream of avsc cannot have null`
  return isDeepStrictEqual(rows.map(plain), (theirs as readonly unknown[]).map(plain)) ? `same, ${summary}` : `DIFFERENT: ${summary}, avsc ${(theirs as readonly unknown[]).length}`
}

process.stdout.write('| file | |\n|---|---|\n')
for (const name of files.toSorted()) {
  const found = await verdict(join(directory, name))
  if (found.startsWith('DIFFERENT')) process.exitCode = 1
  process.stdout.write(`| ${name} | ${found} |\n`)
}
