import { MillraceError } from '../../errors.ts'
import type { StateMeta } from '../../spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import { describeSchema } from '../../types/describe-schema.ts'
import { sameSchema } from '../../types/same-schema.ts'

/** What a snapshot says of a state. */
export function metaOf(definition: StateDefinition): StateMeta {
  const { name, kind, layout, valueType, userKeyType } = definition
  const { id, version } = valueType.serializer
  const meta: StateMeta = { name, kind, layout, valueSchema: valueType.schema, valueSerializer: { id, version } }
  return userKeyType === undefined ? meta : { ...meta, userKeySchema: userKeyType.schema }
}

/** Of a queue of timers, whose entries have no value. */
export function timerMeta(name: string): StateMeta {
  return { name, kind: 'timer', layout: 'key', valueSchema: { kind: 'long' }, valueSerializer: { id: 'timer', version: 1 } }
}

/** Whether entries of one can be read as the other. The layout is how a backend arranges them in memory: it may change. */
function interchangeable(a: StateMeta, b: StateMeta): boolean {
  if (a.kind !== b.kind || !sameSchema(a.valueSchema, b.valueSchema)) return false
  if (a.valueSerializer.id !== b.valueSerializer.id || a.valueSerializer.version !== b.valueSerializer.version) return false
  if (a.userKeySchema === undefined || b.userKeySchema === undefined) return a.userKeySchema === b.userKeySchema
  return sameSchema(a.userKeySchema, b.userKeySchema)
}

/** Throws STATE_INCOMPATIBLE when restored entries cannot be read as the state that the operator registers. */
export function requireReadable(restored: StateMeta, wanted: StateMeta, operatorUid: string): void {
  if (interchangeable(restored, wanted)) return
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `The snapshot holds state '${restored.name}' as ${describe(restored)}, the job now declares it as ${describe(wanted)}. ` +
      'Declare it as it was, give the new state another name, or start without this snapshot',
    { origin: 'user', at: { uid: operatorUid } },
  )
}

/** Throws STATE_CONFLICT when a name is registered a second time as something else. */
export function requireSame(registered: StateMeta, wanted: StateMeta, operatorUid: string): void {
  if (registered.layout === wanted.layout && interchangeable(registered, wanted)) return
  throw new MillraceError(
    'STATE_CONFLICT',
    `State '${wanted.name}' is already registered as ${describe(registered)}, and now asked for as ${describe(wanted)}. Give one of them another name`,
    { origin: 'user', at: { uid: operatorUid } },
  )
}

function describe(meta: StateMeta): string {
  const { id, version } = meta.valueSerializer
  const userKey = meta.userKeySchema === undefined ? '' : `${describeSchema(meta.userKeySchema)} → `
  return `${meta.kind} of ${userKey}${describeSchema(meta.valueSchema)} (serializer ${id} v${version})`
}
