import { MillraceError } from '../../errors.ts'
import type { AggregateFunction } from '../../functions/aggregate-function.ts'
import type { StateDescriptor, StateTtl } from '../../functions/state-descriptor.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import type { StateDefinition } from '../../spi/state-backend.ts'
import type { MapStateTable, StateTable } from '../../spi/state-table.ts'
import type { AnyType } from '../../types/type-information.ts'
import { createAggregatingState, createMapState, createReducingState, createValueState } from './keyed-states.ts'
import type { ListCell } from './list-cell.ts'
import { createListState } from './list-state.ts'
import { listCellType, stampedType } from './stamped-type.ts'
import type { StateKeyCursor } from './state-key-cursor.ts'
import { ttlPolicy } from './state-ttl.ts'
import type { Stamped, TtlPolicy } from './state-ttl.ts'
import { TtlMapTable } from './ttl-map-table.ts'
import { TtlTable } from './ttl-table.ts'
import type { ValueTable } from './ttl-table.ts'

/** The user states of one operator. The operator sets the current key before it calls user code. */
export interface KeyedStateStore extends StateKeyCursor {
  /**
   * The state object of a descriptor; the same for the same name. Throws STATE_CONFLICT when the name was registered with
   * another kind, type or ttl, STATE_INCOMPATIBLE when restored state cannot be read as this type.
   */
  state<S>(descriptor: StateDescriptor<S>): S
  /** Keys that have an entry of this state in the current namespace; meanwhile only state of keys already passed may change. */
  keysOf<S>(descriptor: StateDescriptor<S>): Iterable<readonly [keyGroup: number, key: StateKey]>
}

interface RegisteredState {
  readonly definition: StateDefinition
  readonly ttl: StateTtl | undefined
  readonly state: unknown
}

type Value = never

export function createKeyedStateStore(backend: KeyedStateBackend, context: { now(): number }): KeyedStateStore {
  const registered = new Map<string, RegisteredState>()

  const create = (descriptor: StateDescriptor<unknown>, definition: StateDefinition, ttl: TtlPolicy | undefined): unknown => {
    const { name } = descriptor
    switch (descriptor.kind) {
      case 'value':
        return createValueState(name, store, valueTable(backend, definition, ttl))
      case 'reducing':
        return createReducingState(name, store, valueTable<Value>(backend, definition, ttl), descriptor.reduce as (a: Value, b: Value) => Value)
      case 'aggregating':
        return createAggregatingState(store, valueTable<Value>(backend, definition, ttl), descriptor.aggregate as AggregateFunction<Value, Value, unknown>)
      case 'list':
        return createListState(name, store, backend.table<ListCell<unknown>>(definition), ttl)
      case 'map':
        return createMapState(name, store, mapTable(backend, definition, ttl))
    }
  }

  const store: KeyedStateStore = {
    currentKey: '',
    currentKeyGroup: 0,
    currentNamespace: null,
    state<S>(descriptor: StateDescriptor<S>): S {
      const { name, ttl } = descriptor
      const policy = ttl === undefined ? undefined : ttlPolicy(name, ttl, () => context.now())
      const definition = definitionOf(descriptor, policy)
      const known = registered.get(name)
      if (known === undefined) {
        const state = create(descriptor as StateDescriptor<unknown>, definition, policy)
        registered.set(name, { definition, ttl, state })
        return state as S
      }
      // finds the same table or says what differs
      tableOf(backend, definition)
      if (known.ttl?.after !== ttl?.after || known.ttl?.update !== ttl?.update) throw differentTtl(name, known.ttl, ttl)
      return known.state as S
    },
    keysOf<S>(descriptor: StateDescriptor<S>) {
      store.state(descriptor)
      const { definition } = registered.get(descriptor.name) as RegisteredState
      const table = tableOf(backend, definition)
      return 'keys' in table ? table.keys(store.currentNamespace) : keysIn(table.scan(store.currentNamespace))
    },
  }
  return store
}

function definitionOf<S>(descriptor: StateDescriptor<S>, ttl: TtlPolicy | undefined): StateDefinition {
  const { name, kind } = descriptor
  const type: AnyType = descriptor.type
  const valueType = kind === 'list' ? listCellType(type, ttl) : stampedType(type, ttl)
  const definition: StateDefinition = { name, kind, layout: 'key', valueType, readAtRestore: ttl !== undefined }
  return descriptor.kind === 'map' ? { ...definition, userKeyType: descriptor.keyType } : definition
}

function tableOf(backend: KeyedStateBackend, definition: StateDefinition): StateTable<unknown> | MapStateTable<unknown, unknown> {
  return definition.kind === 'map' ? backend.mapTable(definition) : backend.table(definition)
}

function valueTable<V>(backend: KeyedStateBackend, definition: StateDefinition, ttl: TtlPolicy | undefined): ValueTable<V> {
  return ttl === undefined ? backend.table<V>(definition) : new TtlTable(backend.table<Stamped<V>>(definition), ttl)
}

function mapTable(backend: KeyedStateBackend, definition: StateDefinition, ttl: TtlPolicy | undefined): MapStateTable<unknown, unknown> {
  return ttl === undefined ? backend.mapTable(definition) : new TtlMapTable(backend.mapTable<unknown, Stamped<unknown>>(definition), ttl)
}

function* keysIn(entries: Iterable<readonly [keyGroup: number, key: StateKey, value: unknown]>): Generator<readonly [keyGroup: number, key: StateKey]> {
  for (const [keyGroup, key] of entries) yield [keyGroup, key]
}

function differentTtl(name: string, registered: StateTtl | undefined, wanted: StateTtl | undefined): MillraceError {
  const describe = (ttl: StateTtl | undefined): string => (ttl === undefined ? 'no ttl' : `a ttl of ${ttl.after} from the last ${ttl.update === 'readAndWrite' ? 'access' : 'write'}`)
  const message = `State '${name}' is already registered with ${describe(registered)}, and now asked for with ${describe(wanted)}. Use one descriptor, or give one of them another name`
  return new MillraceError('STATE_CONFLICT', message, { origin: 'user' })
}
