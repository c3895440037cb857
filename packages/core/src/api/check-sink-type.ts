import { MillraceError } from '../errors.ts'
import type { Sink } from '../spi/sink.ts'
import { describeSchema } from '../types/describe-schema.ts'
import type { AnyType, TypeSchema } from '../types/type-information.ts'

/**
 * Compares the schema a sink wants with that of the stream, where both have one. The compiler has done so before; this is
 * for schemas that say more or less than their types. Fields the sink does not want are fine. Throws CORE_SINK_TYPE_MISMATCH.
 */
export function checkSinkType(type: AnyType | undefined, sink: Sink<never>): void {
  if (type === undefined || sink.type === undefined || accepts(sink.type.schema, type.schema)) return
  const message = `expected records of ${describeSchema(sink.type.schema)} for sink ${sink.name}, found a stream of ${describeSchema(type.schema)}; map the stream to what the sink writes`
  throw new MillraceError('CORE_SINK_TYPE_MISMATCH', message, { origin: 'user' })
}

/** Schemas that say nothing about the values that could be compared. */
const OPAQUE: ReadonlySet<TypeSchema['kind']> = new Set(['generic', 'json', 'custom', 'union'])

function accepts(wanted: TypeSchema, found: TypeSchema): boolean {
  if (OPAQUE.has(wanted.kind) || OPAQUE.has(found.kind)) return true
  if (wanted.kind === 'nullable') return accepts(wanted.of, found.kind === 'nullable' ? found.of : found)
  if (wanted.kind === 'row' && found.kind === 'row') {
    return wanted.fields.every((field) => found.fields.some((other) => other.name === field.name && accepts(field.type, other.type)))
  }
  if (wanted.kind === 'list' && found.kind === 'list') return accepts(wanted.of, found.of)
  return representation(wanted) === representation(found)
}

/** What a value is in JavaScript: schemas of one representation may differ in range, which writing checks. */
function representation({ kind }: TypeSchema): string {
  switch (kind) {
    case 'int':
    case 'long':
    case 'float':
    case 'double':
    case 'timestamp':
    case 'date':
    case 'time':
      return 'number'
    case 'decimal':
    case 'enum':
      return 'string'
    default:
      return kind
  }
}
