import { MillraceError } from '@millrace/core/spi'
import type { AnyType, TypeSchema } from '@millrace/core/spi'
import { inField } from './avro-error.ts'
import type { AvroSchema } from './avro-type.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

/**
 * The Avro schema of a type. Records, enums and fields are named after the fields they are in (`Flight_origin`); nullable
 * fields are unions with null first and null as default. Timestamps are `timestamp-millis`, dates `date`, times `time-millis`,
 * decimals `decimal` on bytes, bigints `long` (larger ones are refused when written), JSON values text, maps with keys that
 * are no text arrays of `{key, value}`. Throws AVRO_UNSUPPORTED_TYPE, also for names that Avro does not allow.
 */
export function avroSchemaOf(type: AnyType, options: { readonly name?: string; readonly namespace?: string } = {}): AvroSchema {
  const { name = 'Record', namespace } = options
  if (!NAME.test(name)) throw unsupported('', `the name ${JSON.stringify(name)}; names are letters, digits and underscores`)
  const schema = schemaOf(type.schema, name, '', new Set())
  return namespace === undefined || typeof schema === 'string' || Array.isArray(schema) ? schema : { ...(schema as object), namespace, type: (schema as { type: unknown }).type }
}

/**
 * @param name for the record or enum that `schema` may turn out to be.
 * @param used the names that were given.
 */
function schemaOf(schema: TypeSchema, name: string, path: string, used: Set<string>): AvroSchema {
  switch (schema.kind) {
    case 'string':
    case 'boolean':
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'bytes':
      return schema.kind
    case 'bigint':
      return 'long'
    case 'json':
      return 'string'
    case 'timestamp':
      return { type: 'long', logicalType: 'timestamp-millis' }
    case 'date':
      return { type: 'int', logicalType: 'date' }
    case 'time':
      return { type: 'int', logicalType: 'time-millis' }
    case 'decimal':
      return { type: 'bytes', logicalType: 'decimal', precision: schema.precision, scale: schema.scale }
    case 'enum':
      return schema.values.every((value) => NAME.test(value)) ? { type: 'enum', name: unique(name, used), symbols: schema.values } : 'string'
    case 'nullable': {
      const of = schemaOf(schema.of, name, path, used)
      return ['null', ...(Array.isArray(of) ? (of as readonly AvroSchema[]) : [of])] // a union holds no unions
    }
    case 'list':
      return { type: 'array', items: schemaOf(schema.of, `${name}_item`, `${path}[]`, used) }
    case 'map':
      return mapSchema(schema, name, path, used)
    case 'row':
      return { type: 'record', name: unique(name, used), fields: schema.fields.map((field) => fieldSchema(field, name, path, used)) }
    case 'union':
      return schema.of.map((variant, index) => schemaOf(variant, `${name}_${index}`, path, used))
    default:
      throw unsupported(path, `the type ${schema.kind}`)
  }
}

function fieldSchema({ name, type }: { readonly name: string; readonly type: TypeSchema }, record: string, path: string, used: Set<string>): AvroSchema {
  const at = inField(path, name)
  if (!NAME.test(name)) throw unsupported(at, `the field name ${JSON.stringify(name)}; names are letters, digits and underscores`)
  const field = { name, type: schemaOf(type, `${record}_${name}`, at, used) }
  return type.kind === 'nullable' ? { ...field, default: null } : field
}

function mapSchema({ key, value }: Extract<TypeSchema, { kind: 'map' }>, name: string, path: string, used: Set<string>): AvroSchema {
  const values = schemaOf(value, `${name}_value`, `${path}[]`, used)
  if (key.kind === 'string') return { type: 'map', values }
  const fields = [{ name: 'key', type: schemaOf(key, `${name}_key`, `${path}[]`, used) }, { name: 'value', type: values }]
  return { type: 'array', items: { type: 'record', name: unique(`${name}_entry`, used), fields } }
}

function unique(name: string, used: Set<string>): string {
  if (used.has(name)) return unique(`${name}_`, used)
  used.add(name)
  return name
}

function unsupported(path: string, what: string): MillraceError {
  return new MillraceError('AVRO_UNSUPPORTED_TYPE', `Avro has no schema for ${what}${path === '' ? '' : ` of ${path}`}. Use another type, or map the record first`, {
    origin: 'user',
    ...(path === '' ? {} : { at: { field: path } }),
  })
}
