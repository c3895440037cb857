import { MillraceError } from '@millrace/core/spi'
import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaElement } from 'hyparquet'
import { valueEncoder } from './value-encoder.ts'
import type { ValueEncoder } from './value-encoder.ts'

/** A column of the file to be written: what the footer says of it, and how its values are stored. */
export interface WrittenColumn {
  readonly name: string
  /** The column's elements for the footer: itself, and below it those of a list, map or struct, in depth-first order. */
  readonly elements: readonly SchemaElement[]
  /** The same without the annotations that the encoder would convert values by: they are converted already. */
  readonly physical: readonly SchemaElement[]
  readonly encode: ValueEncoder
  /** Written by FlatChunk: without elements below it, and its values as valueBuffer takes them. Others are left to hyparquet-writer. */
  readonly flat: boolean
  /** Whether values of the type may repeat and be told apart by a Map. */
  readonly hashable: boolean
  /** False where the order of the stored values is not that of the values. */
  readonly ordered: boolean
}

type Repetition = 'REQUIRED' | 'OPTIONAL'

interface Node {
  readonly elements: readonly SchemaElement[]
  readonly physical: readonly SchemaElement[]
  readonly ordered: boolean
}

/** Throws PARQUET_UNSUPPORTED_TYPE. */
export function writtenColumn(name: string, type: TypeSchema): WrittenColumn {
  const node = nodeOf(name, type, name)
  const { kind } = type.kind === 'nullable' ? type.of : type
  return { name, ...node, encode: valueEncoder(type, name), flat: node.elements.length === 1 && kind !== 'decimal', hashable: kind !== 'bytes' }
}

function nodeOf(name: string, type: TypeSchema, path: string): Node {
  const nullable = type.kind === 'nullable'
  const of = nullable ? type.of : type
  const repetition: Repetition = nullable ? 'OPTIONAL' : 'REQUIRED'
  switch (of.kind) {
    case 'list':
      return group({ name, repetition_type: repetition, converted_type: 'LIST', logical_type: { type: 'LIST' } }, [
        group({ name: 'list', repetition_type: 'REPEATED' }, [nodeOf('element', of.of, `${path}[]`)]),
      ])
    case 'map':
      if (of.key.kind === 'nullable') throw unsupported(path, 'a map with keys that may be null')
      return group({ name, repetition_type: repetition, converted_type: 'MAP', logical_type: { type: 'MAP' } }, [
        group({ name: 'key_value', repetition_type: 'REPEATED' }, [nodeOf('key', of.key, `${path}[]`), nodeOf('value', of.value, `${path}[]`)]),
      ])
    case 'row':
      if (of.fields.length === 0) throw unsupported(path, 'a row without fields')
      return group({ name, repetition_type: repetition }, of.fields.map((field) => nodeOf(field.name, field.type, `${path}.${field.name}`)))
    default: {
      const leaf = leafElement(of, path)
      const named = { name, repetition_type: repetition, type: leaf.type, ...(leaf.length === undefined ? {} : { type_length: leaf.length }) }
      return { elements: [{ ...named, ...leaf.annotation }], physical: [{ ...named, ...(leaf.kept ? leaf.annotation : {}) }], ordered: leaf.ordered ?? true }
    }
  }
}

function group(element: SchemaElement, children: readonly Node[]): Node {
  const own = { ...element, num_children: children.length }
  return { elements: [own, ...children.flatMap((child) => child.elements)], physical: [own, ...children.flatMap((child) => child.physical)], ordered: children.every((child) => child.ordered) }
}

interface Leaf {
  readonly type: NonNullable<SchemaElement['type']>
  readonly annotation: Partial<SchemaElement>
  readonly length?: number
  /** Whether the encoder must see the annotation: to take text, to scale and order decimals. */
  readonly kept?: boolean
  readonly ordered?: boolean
}

/** LogicalTypes.md of the Parquet format; the deprecated ConvertedType is written as well, for readers that know no other. */
function leafElement(type: TypeSchema, path: string): Leaf {
  switch (type.kind) {
    case 'boolean':
      return { type: 'BOOLEAN', annotation: {} }
    case 'int':
      return { type: 'INT32', annotation: {} }
    case 'long':
    case 'bigint':
      return { type: 'INT64', annotation: {} }
    case 'float':
      return { type: 'FLOAT', annotation: {} }
    case 'double':
      return { type: 'DOUBLE', annotation: {} }
    case 'bytes':
      return { type: 'BYTE_ARRAY', annotation: {} }
    case 'string':
    case 'enum':
      return { type: 'BYTE_ARRAY', annotation: { converted_type: 'UTF8', logical_type: { type: 'STRING' } }, kept: true }
    case 'json':
      return { type: 'BYTE_ARRAY', annotation: { converted_type: 'JSON', logical_type: { type: 'JSON' } }, ordered: false }
    case 'timestamp':
      return { type: 'INT64', annotation: { converted_type: 'TIMESTAMP_MILLIS', logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } } }
    case 'date':
      return { type: 'INT32', annotation: { converted_type: 'DATE', logical_type: { type: 'DATE' } } }
    case 'time':
      // without a zone, which TIME_MILLIS of the ConvertedTypes cannot say
      return { type: 'INT32', annotation: { logical_type: { type: 'TIME', isAdjustedToUTC: false, unit: 'MILLIS' } } }
    case 'decimal':
      return decimalElement(type.precision, type.scale)
    default:
      throw unsupported(path, `the type ${type.kind}`)
  }
}

function decimalElement(precision: number, scale: number): Leaf {
  const annotation = { converted_type: 'DECIMAL', precision, scale, logical_type: { type: 'DECIMAL', precision, scale } } as const
  if (precision <= 9) return { type: 'INT32', annotation, kept: true }
  if (precision <= 18) return { type: 'INT64', annotation, kept: true }
  return { type: 'FIXED_LEN_BYTE_ARRAY', length: decimalBytes(precision), annotation, kept: true }
}

/** The bytes that hold any number of so many digits in two's complement. */
function decimalBytes(precision: number): number {
  return Math.ceil(((10n ** BigInt(precision)).toString(2).length + 1) / 8)
}

function unsupported(path: string, what: string): MillraceError {
  return new MillraceError('PARQUET_UNSUPPORTED_TYPE', `Parquet has no column for ${what} of ${path}. Use another type, or map the record first`, { origin: 'user', at: { field: path } })
}
