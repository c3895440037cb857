import { MillraceError } from '../../errors.ts'
import { describeSchema } from '../../types/describe-schema.ts'
import { sameSchema } from '../../types/same-schema.ts'
import type { TypeSchema } from '../../types/type-information.ts'
import type { OperatorStateMeta } from './operator-state-snapshot.ts'

/** Throws STATE_INCOMPATIBLE when restored elements cannot be read as the state that the operator registers. */
export function requireReadableOperatorState(restored: OperatorStateMeta, wanted: OperatorStateMeta, uid: string): void {
  if (interchangeable(restored, wanted)) return
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `The snapshot holds operator state '${restored.name}' as ${describe(restored)}, the job now declares it as ${describe(wanted)}. ` +
      'Declare it as it was, give the new state another name, or start without this snapshot',
    { origin: 'user', at: { uid } },
  )
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
  return a.serializer.version === b.serializer.version && sameSchema(a.schema, b.schema) && sameOptional(a.keySchema, b.keySchema)
}

function sameOptional(a: TypeSchema | undefined, b: TypeSchema | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameSchema(a, b)
}

function describe({ redistribution, serializer, schema, keySchema }: OperatorStateMeta): string {
  const key = keySchema === undefined ? '' : `${describeSchema(keySchema)} → `
  const type = schema === undefined ? 'control objects' : key + describeSchema(schema)
  return `${redistribution} state of ${type} (serializer ${serializer.id} v${serializer.version})`
}
