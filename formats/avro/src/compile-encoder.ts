import type { MillraceError, TypeSchema } from '@millrace/core/spi'
import { inField, schemaMismatch, valueMismatch } from './avro-error.ts'
import { itemOf } from './avro-type.ts'
import type { AvroType } from './avro-type.ts'
import { naturalType } from './from-avro-schema.ts'
import { leafEncoder } from './leaf-encoder.ts'
import type { Encoder } from './leaf-encoder.ts'

/** Compiles the writing of values of a type as data of a schema, once per schema. */
export class EncoderCompiler {
  /** Of records of no declared structure: they may contain themselves. */
  readonly #generic = new Map<AvroType, Encoder>()

  /** Throws AVRO_SCHEMA if `type` has no place for values of `source`. */
  compile(type: AvroType, source: TypeSchema, path: string): Encoder {
    if (type.kind === 'union') return this.#union(type, source, path)
    if (type.kind === 'null') {
      if (source.kind === 'nullable' || source.kind === 'generic') return (value) => expectNull(value, path)
      throw this.#mismatch(type, source, path)
    }
    if (source.kind === 'generic') return this.#natural(type, path)
    if (type.kind === 'record' && source.kind === 'row') return this.#record(type, source.fields, path)
    if (type.kind === 'array' && source.kind === 'list') return listEncoder(this.compile(itemOf(type), source.of, `${path}[]`), path)
    if (source.kind === 'map') return this.#map(type, source, path)
    if (type.logical?.name === 'duration' && source.kind === 'row') return durationEncoder(path)
    const leaf = leafEncoder(type, source, path)
    if (leaf === undefined) throw this.#mismatch(type, source, path)
    return leaf
  }

  #mismatch(type: AvroType, source: TypeSchema, path: string): MillraceError {
    const logical = type.logical === undefined ? '' : ` (${type.logical.name})`
    return schemaMismatch(path, `the schema has ${type.kind}${logical}, which cannot hold ${source.kind}. Correct the schema or the type`)
  }

  #union(union: AvroType, source: TypeSchema, path: string): Encoder {
    const nullIndex = union.branches.findIndex(({ kind }) => kind === 'null')
    if (source.kind === 'nullable') {
      if (nullIndex < 0) throw this.#mismatch(union, source, path)
      const encode = this.#union(union, source.of, path)
      return (value, sink) => (value === null ? sink.byte(nullIndex << 1) : encode(value, sink))
    }
    if (source.kind === 'generic') return this.#dynamic(union, path)
    if (source.kind === 'union') return this.#variants(union, source.of, path)
    let mismatch: unknown
    for (const [index, branch] of union.branches.entries()) {
      if (branch.kind === 'null') continue
      try {
        const encode = this.compile(branch, source, path)
        return (value, sink) => {
          sink.long(index)
          encode(value, sink)
        }
      } catch (error) {
        mismatch ??= error
      }
    }
    throw mismatch ?? this.#mismatch(union, source, path)
  }

  /** Values of no declared structure go to the first branch that holds them. */
  #dynamic(union: AvroType, path: string): Encoder {
    const branches = union.branches.map((branch) => {
      const natural = branch.kind === 'null' ? undefined : naturalType(branch)
      return { holds: natural === undefined ? (value: unknown) => value === null : holderOf(natural), encode: this.compile(branch, { kind: 'generic' }, path) }
    })
    return (value, sink) => {
      const index = branches.findIndex(({ holds }) => holds(value))
      if (index < 0) throw valueMismatch(path, `a value of one of ${union.branches.map(({ name, kind }) => name ?? kind).join(', ')}`, value)
      sink.long(index)
      branches[index]?.encode(value, sink)
    }
  }

  /** Rows of a union by the values of their discriminating field, each to the record at the same place. */
  #variants(union: AvroType, variants: readonly TypeSchema[], path: string): Encoder {
    const records = union.branches.flatMap((branch, index) => (branch.kind === 'record' ? [{ branch, index }] : []))
    if (records.length !== variants.length) throw this.#mismatch(union, { kind: 'union', of: variants }, path)
    const encoders = records.map(({ branch, index }, at) => ({ index, encode: this.compile(branch, variants[at] as TypeSchema, path), holds: holderOf(variants[at] as TypeSchema) }))
    return (value, sink) => {
      const variant = encoders.find(({ holds }) => holds(value))
      if (variant === undefined) throw valueMismatch(path, 'one of the rows of the union', value)
      sink.long(variant.index)
      variant.encode(value, sink)
    }
  }

  #natural(type: AvroType, path: string): Encoder {
    if (type.kind !== 'record') return this.compile(type, naturalType(type), path)
    let compiled: Encoder | undefined
    const known = this.#generic.get(type)
    if (known !== undefined) return known
    const encoder: Encoder = (value, sink) => {
      compiled ??= this.compile(type, naturalType(type), path)
      compiled(value, sink)
    }
    this.#generic.set(type, encoder)
    return encoder
  }

  /** Fields of the schema that the type lacks get their defaults. */
  #record(record: AvroType, fields: Extract<TypeSchema, { kind: 'row' }>['fields'], path: string): Encoder {
    const lost = fields.find(({ name }) => !record.fields.some((field) => field.name === name))
    if (lost !== undefined) throw schemaMismatch(inField(path, lost.name), 'the schema has no such field. Add it to the schema, or take it out of the type')
    const encoders = record.fields.map(({ name, type, defaultBytes }): Encoder => {
      const source = fields.find((field) => field.name === name)
      if (source !== undefined) return this.compile(type, source.type, inField(path, name))
      if (defaultBytes === undefined) throw schemaMismatch(inField(path, name), 'the type has no such field and the schema no default for it. Add one of them')
      return (_value, sink) => sink.raw(defaultBytes)
    })
    const write = compose(encoders, record.fields.map(({ name }) => name))
    return (value, sink) => {
      if (typeof value !== 'object' || value === null) throw valueMismatch(path, 'an object', value)
      write(value, sink)
    }
  }

  #map(type: AvroType, source: Extract<TypeSchema, { kind: 'map' }>, path: string): Encoder {
    const at = `${path}[]`
    const item = type.of
    const [keyField, valueField] = item?.fields ?? []
    let key: Encoder
    let value: Encoder
    if (type.kind === 'map' && item !== undefined && source.key.kind === 'string') {
      key = (each, sink) => {
        if (typeof each !== 'string') throw valueMismatch(at, 'a string as key', each)
        sink.string(each)
      }
      value = this.compile(item, source.value, at)
    } else if (type.kind === 'array' && item?.fields.length === 2 && keyField?.name === 'key' && valueField?.name === 'value') {
      key = this.compile(keyField.type, source.key, at)
      value = this.compile(valueField.type, source.value, at)
    } else throw this.#mismatch(type, source, path)
    return (entries, sink) => {
      if (!(entries instanceof Map)) throw valueMismatch(path, 'a Map', entries)
      if (entries.size > 0) sink.long(entries.size)
      for (const [eachKey, eachValue] of entries) {
        key(eachKey, sink)
        value(eachValue, sink)
      }
      sink.byte(0)
    }
  }
}

function expectNull(value: unknown, path: string): void {
  if (value !== null) throw valueMismatch(path, 'null', value)
}

function listEncoder(item: Encoder, path: string): Encoder {
  return (values, sink) => {
    if (!Array.isArray(values)) throw valueMismatch(path, 'an array', values)
    if (values.length > 0) sink.long(values.length)
    for (let index = 0; index < values.length; index++) item(values[index], sink)
    sink.byte(0)
  }
}

function durationEncoder(path: string): Encoder {
  return (value, sink) => {
    const { months, days, millis } = value as { readonly months: unknown; readonly days: unknown; readonly millis: unknown }
    for (const part of [months, days, millis]) {
      if (!(Number.isInteger(part) && (part as number) >= 0 && (part as number) < 2 ** 32)) throw valueMismatch(path, 'months, days and millis as whole numbers below 2^32', part)
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32LE(part as number)
      sink.raw(bytes)
    }
  }
}

/** One function per record type, so that every call site sees one encoder and one shape of rows only. */
function compose(encoders: readonly Encoder[], names: readonly string[]): Encoder {
  const parameters = encoders.map((_, index) => `e${index} = e[${index}]`).join(', ')
  const calls = names.map((name, index) => `e${index}(v[${JSON.stringify(name)}], s)`).join('; ')
  // oxlint-disable-next-line typescript/no-implied-eval -- names are quoted by JSON.stringify; avsc generates code too, so there is no way without
  return (new Function('e', `const ${parameters || '_ = 0'}; return (v, s) => { ${calls} }`) as (encoders: readonly Encoder[]) => Encoder)(encoders)
}

/** Tells whether a value may belong to a type, looking at its outside only. */
function holderOf(type: TypeSchema): (value: unknown) => boolean {
  switch (type.kind) {
    case 'nullable': {
      const holds = holderOf(type.of)
      return (value) => value === null || holds(value)
    }
    case 'int':
      return (value) => ((value as number) | 0) === value
    case 'long':
      return Number.isSafeInteger
    case 'float':
    case 'double':
    case 'date':
    case 'time':
    case 'timestamp':
      return (value) => typeof value === 'number'
    case 'enum':
      return (value) => type.values.includes(value as string)
    case 'bytes':
      return (value) => value instanceof Uint8Array
    case 'list':
      return Array.isArray
    case 'map':
      return (value) => value instanceof Map
    case 'row':
      return (value) => typeof value === 'object' && value !== null && !Array.isArray(value) && type.fields.every((field) => field.name in value && (field.type.kind !== 'enum' || field.type.values.includes((value as Readonly<Record<string, string>>)[field.name] ?? '')))
    case 'decimal':
      return (value) => typeof value === 'string'
    default:
      return (value) => typeof value === type.kind
  }
}
