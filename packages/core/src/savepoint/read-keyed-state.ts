import { MillraceError } from '../errors.ts'
import { EntryReader } from '../runtime/state/entry-encoding.ts'
import { ListCell } from '../runtime/state/list-cell.ts'
import { listCellType, stampedType } from '../runtime/state/stamped-type.ts'
import { metaOf, requireReadable } from '../runtime/state/state-compatibility.ts'
import type { Namespace, StateKey } from '../spi/keyed-state-backend.ts'
import type { StateMeta } from '../spi/keyed-state-snapshot.ts'
import { describeSchema } from '../types/describe-schema.ts'
import type { Key } from '../types/key.ts'
import { fromStateKey } from '../types/state-key.ts'
import { typeFromSchema } from '../types/type-from-schema.ts'
import type { AnyType, TypeSchema } from '../types/type-information.ts'
import type { SnapshotFiles } from './snapshot-files.ts'

/** One entry of a keyed state. */
export interface StateEntry {
  readonly key: Key
  /** Null except for what belongs to a window. */
  readonly namespace: number | string | null
  /** Of map state, which has one entry for each of its user keys. */
  readonly userKey: unknown
  /** Of list state an array of its elements, of aggregating state and of windows the accumulator. */
  readonly value: unknown
}

export interface TimerEntry {
  /** `event` or `processing`. */
  readonly queue: string
  readonly timestamp: number
  readonly key: Key
  readonly namespace: number | string | null
}

/** The types to read a state as, where those that are described in the snapshot are not enough: custom ones, or newer ones. */
export interface ReadStateOptions {
  readonly type?: AnyType
  /** Of the user keys of map state. */
  readonly userKeyType?: AnyType
}

/** Throws STATE_NOT_FOUND, STATE_TYPE_UNKNOWN for a custom type that was not given, STATE_INCOMPATIBLE for one that does not fit. */
export async function* readKeyedState(files: SnapshotFiles, uid: string, name: string, options: ReadStateOptions): AsyncGenerator<StateEntry> {
  let found = false
  const names = new Set<string>()
  for await (const { states, keyed } of files.open()) {
    const index = states.findIndex((state) => state.kind !== 'timer' && state.name === name)
    for (const state of states) if (state.kind !== 'timer') names.add(state.name)
    const meta = states[index]
    if (meta === undefined) continue
    found = true
    const read = entryDecoder(meta, uid, options)
    for (let keyGroup = keyed.keyGroups.start; keyGroup <= keyed.keyGroups.end; keyGroup++) {
      for (const entry of entriesOf(await keyed.read(keyGroup), index)) yield read(entry)
    }
  }
  if (!found) throw noSuchState(name, uid, names)
}

export async function* readTimers(files: SnapshotFiles): AsyncGenerator<TimerEntry> {
  for await (const { states, keyed } of files.open()) {
    for (let keyGroup = keyed.keyGroups.start; keyGroup <= keyed.keyGroups.end; keyGroup++) {
      const bytes = await keyed.read(keyGroup)
      for (const [index, { kind, name }] of states.entries()) {
        if (kind !== 'timer') continue
        for (const entry of entriesOf(bytes, index)) {
          const timestamp = entry.readTimestamp()
          yield { queue: name, timestamp, key: keyOf(entry.readKey()), namespace: namespaceOf(entry.readNamespace()) }
        }
      }
    }
  }
}

/** The entries of one state; the reader stands at the body of each. */
export function* entriesOf(bytes: Uint8Array, state: number): Generator<EntryReader> {
  const reader = new EntryReader()
  reader.wrap(bytes)
  while (reader.next()) if (reader.state === state) yield reader
}

export function noSuchState(name: string, uid: string, known: Iterable<string>): MillraceError {
  const names = [...known].map((each) => `'${each}'`).join(', ')
  return new MillraceError('STATE_NOT_FOUND', `The operator has no state '${name}' in this snapshot; it has ${names === '' ? 'none' : names}`, { origin: 'user', at: { uid } })
}

/** The type of what a snapshot describes. Throws STATE_TYPE_UNKNOWN. */
export function knownType(schema: TypeSchema, name: string, uid: string): AnyType {
  const type = typeFromSchema(schema)
  if (type !== undefined) return type
  const message = `State '${name}' is of ${describeSchema(schema)}, and only the program that has the custom type can read it; pass that type`
  throw new MillraceError('STATE_TYPE_UNKNOWN', message, { origin: 'user', at: { uid } })
}

function entryDecoder(meta: StateMeta, uid: string, options: ReadStateOptions): (entry: EntryReader) => StateEntry {
  const userKeyType = meta.userKeySchema === undefined ? undefined : (options.userKeyType ?? knownType(meta.userKeySchema, meta.name, uid))
  const valueType = storedType(meta, uid, options.type)
  const wanted = metaOf({ name: meta.name, kind: meta.kind, layout: meta.layout, valueType, ...(userKeyType === undefined ? {} : { userKeyType }) })
  const readValue = requireReadable(meta, wanted, valueType, uid) ?? ((input) => valueType.serializer.read(input))
  return (entry) => {
    const key = keyOf(entry.readKey())
    const namespace = namespaceOf(entry.readNamespace())
    if (userKeyType !== undefined) entry.beginUserKey()
    const userKey = userKeyType?.serializer.read(entry.input)
    const value = readValue(entry.input)
    return { key, namespace, userKey, value: value instanceof ListCell ? value.items : value }
  }
}

/** What user state has around the declared type is what its serializer's id says. */
function storedType(meta: StateMeta, uid: string, type: AnyType | undefined): AnyType {
  const { valueSchema, valueSerializer } = meta
  if (valueSerializer.id.startsWith('stamped(')) return stampedType(type ?? knownType(valueSchema, meta.name, uid), undefined)
  if (valueSerializer.id.startsWith('list-state(') && valueSchema.kind === 'list') return listCellType(type ?? knownType(valueSchema.of, meta.name, uid), undefined)
  return type ?? knownType(valueSchema, meta.name, uid)
}

function keyOf(key: StateKey): Key {
  return fromStateKey(key)
}

function namespaceOf(namespace: Namespace): number | string | null {
  return namespace as number | string | null
}
