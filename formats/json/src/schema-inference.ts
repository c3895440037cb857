import { MillraceError } from '@millrace/core/spi'
import type { FormatInput, InferredSchema, SchemaInference, TypeSchema } from '@millrace/core/spi'
import { parseIsoDate, parseIsoTime, parseIsoTimestamp } from './iso-time.ts'
import { json } from './json.ts'
import { jsonLines } from './json-lines.ts'

const MAX_RECORDS = 10_000

/** Takes records from the first bytes of a file, lines or the elements of one array, and gives each member the narrowest type that all its values fit. */
export const schemaInference: SchemaInference = {
  async inferSchema(input, { sampleBytes, signal }): Promise<InferredSchema> {
    const start = await firstByte(input)
    const isDocument = start === 0x5b
    const format = isDocument ? json(undefined, { largeIntegers: 'bigint' }) : jsonLines(undefined, { largeIntegers: 'bigint' })
    const records = await readSample(format.fileReader.open(sampled(input, sampleBytes), { signal }))
    const schema = records.map(typeOf).reduce<TypeSchema | undefined>((a, b) => (a === undefined ? b : merge(a, b)), undefined)
    if (schema?.kind !== 'row') {
      const found = records.length === 0 ? 'none' : 'other values'
      throw new MillraceError('JSON_SYNTAX', `${input.path}: expected JSON objects to learn types from, one a line or in an array, found ${found}`, { origin: 'external', at: { file: input.path } })
    }
    const name = isDocument ? 'json' : 'jsonLines'
    return { schema, records: records.length, format: { function: name, call: (type) => `${name}(${type})` } }
  },
}

async function firstByte(input: FormatInput): Promise<number | undefined> {
  for await (const chunk of input.chunks(0)) {
    const found = chunk.find((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
    if (found !== undefined) return found
  }
  return undefined
}

/** The first bytes of the file. */
function sampled(input: FormatInput, sampleBytes: number): FormatInput {
  return {
    path: input.path,
    async *chunks(offset) {
      let left = sampleBytes
      for await (const chunk of input.chunks(offset)) {
        yield chunk.subarray(0, left)
        left -= chunk.length
        if (left <= 0) return
      }
    },
  }
}

/** What is broken, as by the cut at the end of the sample, is left out. */
async function readSample(reader: ReturnType<ReturnType<typeof jsonLines>['fileReader']['open']>): Promise<readonly unknown[]> {
  const records: unknown[] = []
  try {
    for (let batch = await reader.readBatch(); batch !== undefined && records.length < MAX_RECORDS; batch = await reader.readBatch()) records.push(...batch.values)
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'JSON_DOCUMENT' || records.length === 0) throw error
  } finally {
    await reader.close()
  }
  return records
}

function typeOf(value: unknown): TypeSchema {
  switch (typeof value) {
    case 'string':
      if (!Number.isNaN(parseIsoDate(value))) return { kind: 'date' }
      if (!Number.isNaN(parseIsoTimestamp(value))) return { kind: 'timestamp' }
      return { kind: Number.isNaN(parseIsoTime(value)) ? 'string' : 'time' }
    case 'number':
      if (!Number.isInteger(value)) return { kind: 'double' }
      return { kind: (value | 0) === value ? 'int' : Number.isSafeInteger(value) ? 'long' : 'double' }
    case 'bigint':
      return { kind: 'bigint' }
    case 'boolean':
      return { kind: 'boolean' }
    default:
      if (value === null || value === undefined) return NULL
      if (Array.isArray(value)) return { kind: 'list', of: value.map(typeOf).reduce<TypeSchema>(merge, UNKNOWN) }
      return { kind: 'row', fields: Object.entries(value).map(([name, member]) => ({ name, type: typeOf(member) })) }
  }
}

/** Null alone: nothing is known of what else there may be. */
const NULL: TypeSchema = { kind: 'nullable', of: { kind: 'json' } }
/** Of the elements of an empty array. */
const UNKNOWN: TypeSchema = { kind: 'json' }
const JSON_VALUE: TypeSchema = { kind: 'json' }
const WIDER = ['int', 'long', 'bigint']

function merge(a: TypeSchema, b: TypeSchema): TypeSchema {
  if (a === b || b === UNKNOWN) return a
  if (a === UNKNOWN) return b
  if (a === NULL) return nullable(b)
  if (b === NULL) return nullable(a)
  if (a.kind === 'nullable') return nullable(merge(a.of, b.kind === 'nullable' ? b.of : b))
  if (b.kind === 'nullable') return nullable(merge(a, b.of))
  if (a.kind === 'row' && b.kind === 'row') return mergeRows(a.fields, b.fields)
  if (a.kind === 'list' && b.kind === 'list') return { kind: 'list', of: merge(a.of, b.of) }
  if (a.kind === b.kind) return a
  const [i, j] = [WIDER.indexOf(a.kind), WIDER.indexOf(b.kind)]
  if (i >= 0 && j >= 0) return i > j ? a : b
  const kinds = [a.kind, b.kind]
  if (kinds.includes('double') && (i >= 0 || j >= 0) && !kinds.includes('bigint')) return { kind: 'double' }
  const texts = ['string', 'date', 'timestamp', 'time']
  if (kinds.every((kind) => texts.includes(kind))) return { kind: kinds.every((kind) => kind === 'date' || kind === 'timestamp') ? 'timestamp' : 'string' }
  return JSON_VALUE
}

type Fields = Extract<TypeSchema, { kind: 'row' }>['fields']

/** A member that is missing somewhere is nullable. */
function mergeRows(a: Fields, b: Fields): TypeSchema {
  const others = new Map(b.map(({ name, type }) => [name, type]))
  const merged = a.map(({ name, type }) => {
    const other = others.get(name)
    others.delete(name)
    return { name, type: other === undefined ? nullable(type) : merge(type, other) }
  })
  return { kind: 'row', fields: [...merged, ...[...others].map(([name, type]) => ({ name, type: nullable(type) }))] }
}

function nullable(type: TypeSchema): TypeSchema {
  return type.kind === 'nullable' ? type : { kind: 'nullable', of: type }
}
