import type { TypeSchema } from '@millrace/core/spi'
import type { SchemaElement, SchemaTree } from 'hyparquet'

/** What a column holds, its Parquet annotations in one word: the deprecated ConvertedType and the LogicalType say the same (LogicalTypes.md). */
export type ColumnKind =
  | 'boolean' | 'int32' | 'uint32' | 'int64' | 'uint64' | 'float' | 'double' | 'float16' | 'decimal' | 'date'
  | 'time-millis' | 'time-micros' | 'time-nanos' | 'timestamp-millis' | 'timestamp-micros' | 'timestamp-nanos'
  | 'string' | 'json' | 'uuid' | 'bytes' | 'nested'

type Unit = 'millis' | 'micros' | 'nanos'

export function columnKind({ element, children }: SchemaTree): ColumnKind {
  if (children.length > 0 || element.repetition_type === 'REPEATED') return 'nested'
  const { type, converted_type: converted, logical_type: logical } = element
  if (converted === 'DECIMAL' || logical?.type === 'DECIMAL') return 'decimal'
  switch (type) {
    case 'BOOLEAN':
      return 'boolean'
    case 'FLOAT':
      return 'float'
    case 'DOUBLE':
      return 'double'
    case 'INT96':
      return 'timestamp-nanos'
    case 'INT32':
      if (converted === 'DATE' || logical?.type === 'DATE') return 'date'
      if (converted === 'TIME_MILLIS' || logical?.type === 'TIME') return 'time-millis'
      return converted === 'UINT_32' || (logical?.type === 'INTEGER' && logical.bitWidth === 32 && !logical.isSigned) ? 'uint32' : 'int32'
    case 'INT64':
      return longKind(element)
    default:
      if (converted === 'UTF8' || converted === 'ENUM' || logical?.type === 'STRING' || logical?.type === 'ENUM') return 'string'
      if (converted === 'JSON' || logical?.type === 'JSON') return 'json'
      if (logical?.type === 'UUID') return 'uuid'
      return logical?.type === 'FLOAT16' ? 'float16' : 'bytes'
  }
}

function longKind({ converted_type: converted, logical_type: logical }: SchemaElement): ColumnKind {
  if (logical?.type === 'TIMESTAMP') return `timestamp-${logical.unit.toLowerCase() as Unit}`
  if (logical?.type === 'TIME') return `time-${logical.unit.toLowerCase() as Unit}`
  if (converted === 'TIMESTAMP_MILLIS') return 'timestamp-millis'
  if (converted === 'TIMESTAMP_MICROS') return 'timestamp-micros'
  if (converted === 'TIME_MICROS') return 'time-micros'
  return converted === 'UINT_64' || (logical?.type === 'INTEGER' && !logical.isSigned) ? 'uint64' : 'int64'
}

const NATURAL: Readonly<Record<Exclude<ColumnKind, 'decimal'>, TypeSchema>> = {
  boolean: { kind: 'boolean' },
  int32: { kind: 'int' },
  uint32: { kind: 'long' },
  int64: { kind: 'bigint' },
  uint64: { kind: 'bigint' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  float16: { kind: 'float' },
  date: { kind: 'date' },
  'time-millis': { kind: 'time' },
  'time-micros': { kind: 'time' },
  'time-nanos': { kind: 'time' },
  'timestamp-millis': { kind: 'timestamp' },
  'timestamp-micros': { kind: 'timestamp' },
  'timestamp-nanos': { kind: 'timestamp' },
  string: { kind: 'string' },
  json: { kind: 'json' },
  uuid: { kind: 'string' },
  bytes: { kind: 'bytes' },
  nested: { kind: 'generic' },
}

/** The type a leaf is read as when nobody names one, its nulls apart. */
export function naturalLeafType(column: SchemaTree): TypeSchema {
  const kind = columnKind(column)
  const { precision = 1, scale = 0 } = column.element
  return kind === 'decimal' ? { kind, precision, scale } : NATURAL[kind]
}
