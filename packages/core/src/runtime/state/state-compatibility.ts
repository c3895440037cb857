import { MillraceError } from '../../errors.ts'
import type { StateMeta } from '../../spi/keyed-state-snapshot.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import { describeSchema } from '../../types/describe-schema.ts'
import { sameSchema } from '../../types/same-schema.ts'
import { readerOf } from '../../types/schema-evolution.ts'
import type { ValueReader } from '../../types/schema-evolution.ts'
import type { AnyType } from '../../types/type-information.ts'
import { EVOLUTION_RULES, sameOptionalSchema, wroteSchema } from './state-evolution.ts'
import type { StateValueType } from './stamped-type.ts'

/** What a snapshot says of a state. */
export function metaOf(definition: StateDefinition): StateMeta {
  const { name, kind, layout, valueType, userKeyType } = definition
  const { id, version } = valueType.serializer
  const meta: StateMeta = { name, kind, layout, valueSchema: valueType.schema, valueSerializer: { id, version } }
  return userKeyType === undefined ? meta : { ...meta, userKeySchema: userKeyType.schema }
}

/** Tells a state from all others of its operator: timer queues and states have names of their own each. */
export function stateId({ kind, name }: StateMeta): string {
  return kind === 'timer' ? `timer ${name}` : name
}

/** What stands for the values of timers, which have none: it cannot evolve. */
export const TIMER_TYPE: AnyType = { schema: { kind: 'long' }, serializer: { id: 'timer', version: 1, write() {}, read: () => undefined } }

/** Of a queue of timers, whose entries have no value. */
export function timerMeta(name: string): StateMeta {
  return { name, kind: 'timer', layout: 'key', valueSchema: TIMER_TYPE.schema, valueSerializer: { id: 'timer', version: 1 } }
}

/** Whether entries of one can be read as the other. The layout is how a backend arranges them in memory: it may change. */
function interchangeable(a: StateMeta, b: StateMeta): boolean {
  if (a.kind !== b.kind || !sameSchema(a.valueSchema, b.valueSchema)) return false
  if (a.valueSerializer.id !== b.valueSerializer.id || a.valueSerializer.version !== b.valueSerializer.version) return false
  return sameOptionalSchema(a.userKeySchema, b.userKeySchema)
}

/**
 * How restored values are read as those of the state that the operator registers: undefined when its serializer reads them
 * as they are, else a reader of what the old schema wrote. Throws STATE_INCOMPATIBLE when neither is possible.
 */
export function requireReadable(restored: StateMeta, wanted: StateMeta, valueType: AnyType, operatorUid: string): ValueReader | undefined {
  if (interchangeable(restored, wanted)) return undefined
  const reader = evolvedReader(restored, wanted, valueType)
  if (reader !== undefined) return reader
  throw new MillraceError(
    'STATE_INCOMPATIBLE',
    `The snapshot holds state '${restored.name}' as ${describe(restored)}, the job now declares it as ${describe(wanted)}, which cannot be read from it. ` +
      `${EVOLUTION_RULES}. Declare it as it was, give the new state another name, or start without this snapshot`,
    { origin: 'user', at: { uid: operatorUid } },
  )
}

function evolvedReader(restored: StateMeta, wanted: StateMeta, valueType: AnyType): ValueReader | undefined {
  if (restored.kind !== wanted.kind || !sameOptionalSchema(restored.userKeySchema, wanted.userKeySchema)) return undefined
  // then it is the serializer that is another one, which no schema describes
  if (sameSchema(restored.valueSchema, wanted.valueSchema)) return undefined
  if (!isStateValueType(valueType)) return wroteSchema(restored.valueSerializer, restored.valueSchema) ? readerOf(valueType, restored.valueSchema) : undefined
  const { encoding, element } = valueType
  const elementSchema = encoding === 'list-state' && restored.valueSchema.kind === 'list' ? restored.valueSchema.of : restored.valueSchema
  if (!wroteSchema(restored.valueSerializer, elementSchema, encoding)) return undefined
  const read = readerOf(element, elementSchema)
  return read && valueType.readWith(read)
}

function isStateValueType(type: AnyType): type is StateValueType {
  return 'readWith' in type
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
