import { MillraceError } from '@millrace/core/spi'
import type { FormatInput, InferredSchema, SchemaInference, TypeSchema } from '@millrace/core/spi'
import { compileRows } from './compiled-rows.ts'
import { CsvReader } from './csv-reader.ts'
import { resolveOptions } from './csv-options.ts'
import { fieldDecoder, INVALID } from './field-decoder.ts'
import { PLAIN } from './record-scanner.ts'

const DELIMITERS = [',', ';', '\t', '|'] as const
const MAX_RECORDS = 10_000
/** Each value of a column must fit; the first kind that all fit is taken. */
const KINDS = ['boolean', 'int', 'long', 'bigint', 'double', 'date', 'timestamp', 'time'] as const

/** Finds the delimiter, takes the first line for a header, and each column for the narrowest type that all sampled values fit. */
export const schemaInference: SchemaInference = {
  async inferSchema(input, { sampleBytes, signal }): Promise<InferredSchema> {
    const sample = await readSample(input, sampleBytes)
    const tries = await Promise.all(DELIMITERS.map((delimiter) => readTexts(input.path, sample, delimiter, signal)))
    const best = tries.reduce((a, b) => (b.score > a.score ? b : a))
    const [first] = best.rows
    if (first === undefined) {
      throw new MillraceError('CSV_COLUMNS', `${input.path}: expected a header and at least one record to learn types from, found ${best.bad === 0 ? 'no record' : 'none that is CSV'}`, {
        origin: 'external',
        at: { file: input.path },
      })
    }
    const fields = Object.keys(first).map((name) => ({ name, type: columnType(best.rows.map((row) => row[name] ?? '')) }))
    const options = best.delimiter === ',' ? '' : `, { delimiter: ${JSON.stringify(best.delimiter).replaceAll('"', "'")} }`
    return { schema: { kind: 'row', fields }, records: best.rows.length, format: { function: 'csv', call: (type) => `csv(${type}${options})` } }
  },
}

interface Texts {
  readonly delimiter: string
  readonly rows: readonly Readonly<Record<string, string>>[]
  readonly bad: number
  readonly score: number
}

/** The first bytes of the file, up to the end of a line. */
async function readSample(input: FormatInput, sampleBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of input.chunks(0)) {
    chunks.push(chunk)
    size += chunk.length
    if (size > sampleBytes) break
  }
  const bytes = Buffer.concat(chunks)
  return size > sampleBytes ? bytes.subarray(0, bytes.lastIndexOf(0x0a, sampleBytes) + 1 || bytes.length) : bytes
}

/** Many columns and few bad records speak for a delimiter. The last record may be cut. */
async function readTexts(path: string, sample: Buffer, delimiter: string, signal: AbortSignal): Promise<Texts> {
  const input: FormatInput = { path, chunks: async function* (offset) { yield new Uint8Array(sample.subarray(offset)) } }
  const reader = new CsvReader(input, { signal }, undefined, resolveOptions({ delimiter }), compileRows)
  const rows: Readonly<Record<string, string>>[] = []
  let bad = 0
  try {
    for (let batch = await reader.readBatch(); batch !== undefined && rows.length < MAX_RECORDS; batch = await reader.readBatch()) {
      rows.push(...(batch.values as Readonly<Record<string, string>>[]))
      bad += batch.bad.length
    }
  } catch (error) {
    // A header that names a column twice under this delimiter is no header.
    if (!MillraceError.is(error) || error.code !== 'CSV_COLUMNS') throw error
  } finally {
    await reader.close()
  }
  const columns = Object.keys(rows[0] ?? {}).length
  return { delimiter, rows, bad, score: (columns * rows.length) / (rows.length + 10 * bad + 1) }
}

function columnType(values: readonly string[]): TypeSchema {
  const given = values.filter((value) => value !== '')
  const kind = given.length === 0 ? 'string' : (KINDS.find((each) => given.every((value) => fits(each, value))) ?? 'string')
  return given.length < values.length ? { kind: 'nullable', of: { kind } } : { kind }
}

const decoders = new Map<string, ReturnType<typeof fieldDecoder>>()

/** Stricter than reading: 0 and 1 are numbers, digits are no timestamps, and numbers with leading zeros are codes. */
function fits(kind: (typeof KINDS)[number], value: string): boolean {
  if (kind === 'boolean') return /^(?:true|false)$/i.test(value)
  if (kind === 'date' || kind === 'timestamp' || kind === 'time') {
    if (!/[-/:]/.test(value.slice(1))) return false
  } else if (/^[+-]?0\d/.test(value)) return false
  const decode = decoders.get(kind) ?? fieldDecoder({ kind }, resolveOptions({}), kind)
  decoders.set(kind, decode)
  const bytes = Buffer.from(value)
  return decode(bytes, 0, bytes.length, PLAIN) !== INVALID
}
