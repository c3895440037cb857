import { corruptIndex } from './corrupt-index.ts'
import { partsOf } from './define-type.ts'
import { sameSchema } from './same-schema.ts'
import { typeFromSchema } from './type-from-schema.ts'
import type { DataInput } from './data-input.ts'
import type { RowType } from './row-type.ts'
import type { AnyType, TypeSchema } from './type-information.ts'

export type ValueReader = (input: DataInput) => unknown

type SchemaOf<K extends TypeSchema['kind']> = Extract<TypeSchema, { readonly kind: K }>

/** What a number may become: everything of the narrower kind is the same number in the wider one. */
const WIDER: Readonly<Record<string, readonly string[]>> = { int: ['long', 'double'], long: ['double'], float: ['double'] }

/**
 * How values written under the schema `writer` are read as values of `type`; undefined when there is no way that keeps their
 * meaning. Reads what has a wider number type now, what may be null now, rows whose fields were added (nullable, then null),
 * removed, moved, or renamed as their type says, and enums and unions that have got more members; each at any depth, but
 * not in the keys of a map, where different keys could become one.
 */
export function readerOf(type: AnyType, writer: TypeSchema): ValueReader | undefined {
  const { schema, serializer } = type
  if (sameSchema(schema, writer)) return (input) => serializer.read(input)
  const parts = partsOf(type)
  if (schema.kind === 'nullable') return nullableReader(parts[0] as AnyType | undefined, writer)
  if (WIDER[writer.kind]?.includes(schema.kind) === true) return typeFromSchema(writer)?.serializer.read
  if (schema.kind === 'enum' && writer.kind === 'enum') return enumReader(schema, writer)
  if (parts.length === 0) return undefined
  if (schema.kind === 'list' && writer.kind === 'list') return listReader(parts[0] as AnyType, writer)
  if (schema.kind === 'map' && writer.kind === 'map') return mapReader(schema, parts, writer)
  if (schema.kind === 'tuple' && writer.kind === 'tuple') return tupleReader(parts, writer)
  if (schema.kind === 'union' && writer.kind === 'union') return unionReader(parts, writer)
  if (schema.kind === 'row' && writer.kind === 'row') return rowReader(type as RowType<Readonly<Record<string, AnyType>>>, schema, writer)
  return undefined
}

function nullableReader(inner: AnyType | undefined, writer: TypeSchema): ValueReader | undefined {
  if (inner === undefined) return undefined
  const read = readerOf(inner, writer.kind === 'nullable' ? writer.of : writer)
  if (read === undefined || writer.kind !== 'nullable') return read
  return (input) => (input.readByte() === 0 ? null : read(input))
}

function enumReader(schema: SchemaOf<'enum'>, { values }: SchemaOf<'enum'>): ValueReader | undefined {
  if (!values.every((value) => schema.values.includes(value))) return undefined
  return (input) => {
    const index = input.readVarUint()
    const value = values[index]
    if (value === undefined) throw corruptIndex('an enum value', index, values.length)
    return value
  }
}

function listReader(element: AnyType, writer: SchemaOf<'list'>): ValueReader | undefined {
  const read = readerOf(element, writer.of)
  return read && ((input) => Array.from({ length: input.readVarUint() }, () => read(input)))
}

function mapReader(schema: SchemaOf<'map'>, [key, value]: readonly AnyType[], writer: SchemaOf<'map'>): ValueReader | undefined {
  if (key === undefined || value === undefined || !sameSchema(schema.key, writer.key)) return undefined
  const read = readerOf(value, writer.value)
  return (
    read &&
    ((input) => {
      const entries = new Map<unknown, unknown>()
      for (let left = input.readVarUint(); left > 0; left--) entries.set(key.serializer.read(input), read(input))
      return entries
    })
  )
}

function tupleReader(parts: readonly AnyType[], writer: SchemaOf<'tuple'>): ValueReader | undefined {
  if (parts.length !== writer.of.length) return undefined
  const readers = readersOf(parts, writer.of)
  return readers && ((input) => readers.map((read) => read(input)))
}

function unionReader(parts: readonly AnyType[], writer: SchemaOf<'union'>): ValueReader | undefined {
  if (parts.length < writer.of.length) return undefined
  const readers = readersOf(parts, writer.of)
  return (
    readers &&
    ((input) => {
      const variant = input.readVarUint()
      const read = readers[variant]
      if (read === undefined) throw corruptIndex('a row of a union', variant, readers.length)
      return read(input)
    })
  )
}

function readersOf(types: readonly AnyType[], writers: readonly TypeSchema[]): readonly ValueReader[] | undefined {
  const readers = writers.map((writer, index) => readerOf(types[index] as AnyType, writer)).filter((reader) => reader !== undefined)
  return readers.length === writers.length ? readers : undefined
}

/** One field of a row as it was written. */
interface WrittenField {
  /** Undefined for one that is left out now. */
  readonly name: string | undefined
  readonly nullBit: number | undefined
  readonly read: ValueReader
}

function rowReader({ fields, renamed }: RowType<Readonly<Record<string, AnyType>>>, schema: SchemaOf<'row'>, writer: SchemaOf<'row'>): ValueReader | undefined {
  const written = new Set(writer.fields.map(({ name }) => name))
  const nameNow = new Map(Object.keys(fields).map((name) => [written.has(name) ? name : (renamed[name] ?? name), name]))
  const added = schema.fields.filter(({ name }) => !written.has(name) && !written.has(renamed[name] ?? name))
  if (added.some(({ type }) => type.kind !== 'nullable')) return undefined
  const plan: WrittenField[] = []
  let nullBits = 0
  for (const { name: oldName, type } of writer.fields) {
    const name = nameNow.get(oldName)
    const read = fieldReader(name === undefined ? undefined : fields[name], type)
    if (read === undefined) return undefined
    plan.push({ name, nullBit: type.kind === 'nullable' ? nullBits++ : undefined, read })
  }
  const nullBytes = Math.ceil(nullBits / 8)
  return (input) => {
    const nulls = input.readRaw(nullBytes)
    // all fields in the order of the row as it is now
    const row: Record<string, unknown> = Object.fromEntries(schema.fields.map(({ name }) => [name, null]))
    for (const { name, nullBit, read } of plan) {
      if (nullBit !== undefined && ((nulls[nullBit >> 3] as number) & (1 << (nullBit & 7))) !== 0) continue
      const value = read(input)
      if (name !== undefined) row[name] = value
    }
    return row
  }
}

/** In a row the bitmap says what is null, so that only the rest of a nullable type is read. */
function fieldReader(type: AnyType | undefined, writer: TypeSchema): ValueReader | undefined {
  const inner = writer.kind === 'nullable' ? writer.of : writer
  if (type === undefined) return typeFromSchema(inner)?.serializer.read
  if (type.schema.kind === 'nullable') return nullableReader(partsOf(type)[0], inner)
  return writer.kind === 'nullable' ? undefined : readerOf(type, inner)
}
