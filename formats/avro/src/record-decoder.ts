import type { TypeSchema } from '@millrace/core/spi'
import { inField, schemaMismatch } from './avro-error.ts'
import type { AvroField, AvroType } from './avro-type.ts'
import type { ByteTap } from './byte-tap.ts'
import type { DecoderCompiler } from './compile-decoder.ts'
import type { Decoder } from './leaf-decoder.ts'
import { skipValue } from './skip-value.ts'

export type RowField = Extract<TypeSchema, { kind: 'row' }>['fields'][number]

/** One step of reading a record: a field of the data, or a default that is not in them. */
interface Step {
  readonly decode: Decoder
  /** Which field of the row the value is; −1: none. */
  readonly target: number
}

/** Reads the writer's fields in their order, as they lie in the data, and makes a row with the fields of the type in theirs. */
export function recordDecoder(compiler: DecoderCompiler, writer: AvroType, reader: AvroType | undefined, fields: readonly RowField[], path: string): Decoder {
  const sources = fields.map((field) => sourceOf(field, writer, reader))
  const steps = writer.fields.map((field): Step => {
    const target = sources.findIndex((source) => source.inData === field)
    const { name, type } = fields[target] ?? { name: '', type: undefined }
    if (type === undefined) return { target, decode: (tap) => skipValue(field.type, tap) }
    return { target, decode: compiler.field(field.type, sources[target]?.inReader?.type, type, path, name) }
  })
  sources.forEach(({ inData, inReader }, target) => {
    if (inData !== undefined) return
    const { name, type } = fields[target] as RowField
    if (inReader?.defaultBytes !== undefined) steps.push({ target, decode: compiler.constant(inReader.type, inReader.defaultBytes, type, inField(path, name)) })
    else if (reader === undefined && type.kind === 'nullable') steps.push({ target, decode: () => null })
    else {
      const among = writer.fields.map((field) => field.name).join(', ')
      throw schemaMismatch(inField(path, name), `the data have no such field (found ${among}) and it has no default. Correct the type, make the field nullable, or give it a default in the reader's schema`)
    }
  })
  return compose(steps, fields.map(({ name }) => name))
}

interface FieldSource {
  readonly inData: AvroField | undefined
  readonly inReader: AvroField | undefined
}

function sourceOf({ name }: RowField, writer: AvroType, reader: AvroType | undefined): FieldSource {
  const inReader = reader?.fields.find((field) => field.name === name)
  const names = [name, ...(inReader?.aliases ?? [])]
  const inData = names.map((each) => writer.fields.find((field) => field.name === each)).find((field) => field !== undefined)
  return { inData, inReader }
}

/**
 * One function per record type that calls the steps one by one and makes the row as an object literal: every call site sees
 * one decoder only, and V8 allocates the row at its final size and shape.
 */
function compose(steps: readonly Step[], names: readonly string[]): Decoder {
  const calls = steps.map(({ target }, index) => (target < 0 ? `d${index}(t)` : `const v${target} = d${index}(t)`))
  const row = names.map((name, index) => `${name === '__proto__' ? '["__proto__"]' : JSON.stringify(name)}: v${index}`)
  const parameters = steps.map((_, index) => `d${index} = d[${index}]`).join(', ')
  const body = `const ${parameters || '_ = 0'}; return (t) => { t.enter(); ${calls.join('; ')}; t.leave(); return {${row.join(', ')}} }`
  // oxlint-disable-next-line typescript/no-implied-eval -- names are quoted by JSON.stringify; avsc generates code too, so there is no way without
  return (new Function('d', body) as (decoders: readonly Decoder[]) => Decoder)(steps.map(({ decode }) => decode))
}

/** The logical type `duration`: three unsigned integers of 32 bits, little-endian. */
export function durationDecoder(fields: readonly RowField[], path: string): Decoder {
  const part = (name: string, index: number): Decoder => {
    if (!fields.some((field) => field.name === name && (field.type.kind === 'long' || field.type.kind === 'double'))) {
      throw schemaMismatch(path, 'a duration is read as types.row({ months: types.long(), days: types.long(), millis: types.long() })')
    }
    return (tap: ByteTap) => tap.bytes.readUInt32LE(tap.at + index * 4)
  }
  const [months, days, millis] = [part('months', 0), part('days', 1), part('millis', 2)]
  return (tap) => {
    const { at } = tap
    tap.skip(12)
    tap.at = at
    const row = { months: months(tap), days: days(tap), millis: millis(tap) }
    tap.at = at + 12
    return row
  }
}
