import type { StateMeta } from '../spi/keyed-state-snapshot.ts'
import { describeSchema } from '../types/describe-schema.ts'
import { sameSchema } from '../types/same-schema.ts'

/** One state of an operator in the savepoint and in the job. */
export interface StateChange {
  readonly name: string
  readonly kind: StateMeta['kind']
  /** `changed`: it has another type, and is converted. */
  readonly change: 'same' | 'changed' | 'new' | 'dropped'
  /** In the savepoint. */
  readonly before?: string
  /** In the job. */
  readonly now?: string
}

export function stateChanges(saved: readonly StateMeta[], declared: readonly StateMeta[]): readonly StateChange[] {
  const changes = declared.map((now): StateChange => {
    const before = saved.find((state) => idOf(state) === idOf(now))
    const { name, kind } = now
    if (before === undefined) return { name, kind, change: 'new', now: describe(now) }
    return { name, kind, change: sameSchema(before.valueSchema, now.valueSchema) ? 'same' : 'changed', before: describe(before), now: describe(now) }
  })
  const dropped = saved.filter((before) => !declared.some((now) => idOf(now) === idOf(before)))
  return [...changes, ...dropped.map((before): StateChange => ({ name: before.name, kind: before.kind, change: 'dropped', before: describe(before) }))]
}

function idOf({ kind, name }: StateMeta): string {
  return kind === 'timer' ? `timer ${name}` : name
}

function describe({ kind, valueSchema, userKeySchema }: StateMeta): string {
  if (kind === 'timer') return 'timer'
  return `${kind} of ${userKeySchema === undefined ? '' : `${describeSchema(userKeySchema)} → `}${describeSchema(valueSchema)}`
}
