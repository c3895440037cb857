import { MillraceError } from '../../errors.ts'
import { describeSchema } from '../../types/describe-schema.ts'
import { sameSchema } from '../../types/same-schema.ts'
import { readerOf } from '../../types/schema-evolution.ts'
import type { ValueReader } from '../../types/schema-evolution.ts'
import type { AnyType } from '../../types/type-information.ts'
import type { OperatorStateMeta } from './operator-state-snapshot.ts'
import { EVOLUTION_RULES, sameOptionalSchema, wroteSchema } from './state-evolution.ts'

/**
 * How restored elements (of a broadcast state their values) are read as those of the state that the operator registers:
 * undefined when its serializer reads them as they are. Throws STATE_INCOMPATIBLE when there is no way.
 */
export function requireReadableOperatorState(restored: OperatorStateMeta, wanted: OperatorStateMeta, type: AnyType | undefined, uid: string): ValueReader | undefined {
  if (interchangeable(restored, wanted)) return undefined
  const reader = type === undefined ? undefined : evolvedReader(restored, wanted, type)
  if (reader !== undefined) return reader
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `The snapshot holds operator state '${restored.name}' as ${describe(restored)}, the job now declares it as ${describe(wanted)}, which cannot be read from it. ` +
      `${EVOLUTION_RULES}. Declare it as it was, give the new state another name, or start without this snapshot`,
    { origin: 'user', at: { uid } },
  )
}

function evolvedReader(restored: OperatorStateMeta, wanted: OperatorStateMeta, type: AnyType): ValueReader | undefined {
  const { schema, serializer, redistribution, keySchema } = restored
  if (schema === undefined || (redistribution === 'broadcast') !== (wanted.redistribution === 'broadcast')) return undefined
  // then it is the serializer that is another one, which no schema describes
  if (wanted.schema === undefined || sameSchema(schema, wanted.schema)) return undefined
  return wroteSchema(serializer, schema) && sameOptionalSchema(keySchema, wanted.keySchema) ? readerOf(type, schema) : undefined
}

/** Throws STATE_CONFLICT when a name is registered a second time as something else. */
export function requireSameOperatorState(registered: OperatorStateMeta, wanted: OperatorStateMeta, uid: string): void {
  if (registered.redistribution === wanted.redistribution && interchangeable(registered, wanted)) return
  const message = `Operator state '${wanted.name}' is already registered as ${describe(registered)}, and now asked for as ${describe(wanted)}. Give one of them another name`
  throw new MillraceError('STATE_CONFLICT', message, { origin: 'user', at: { uid } })
}

/** Split and union differ in how elements are dealt out, which has happened by now. */
function interchangeable(a: OperatorStateMeta, b: OperatorStateMeta): boolean {
  if ((a.redistribution === 'broadcast') !== (b.redistribution === 'broadcast') || a.serializer.id !== b.serializer.id) return false
  // control objects have no schema: their serializer is given the version it wrote
  if (a.schema === undefined || b.schema === undefined) return a.schema === b.schema
  return a.serializer.version === b.serializer.version && sameSchema(a.schema, b.schema) && sameOptionalSchema(a.keySchema, b.keySchema)
}

function describe({ redistribution, serializer, schema, keySchema }: OperatorStateMeta): string {
  const key = keySchema === undefined ? '' : `${describeSchema(keySchema)} → `
  const type = schema === undefined ? 'control objects' : key + describeSchema(schema)
  return `${redistribution} state of ${type} (serializer ${serializer.id} v${serializer.version})`
}
