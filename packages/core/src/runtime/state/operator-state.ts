import type { BroadcastState, OperatorListState } from '../../functions/process-function.ts'
import type { Logger } from '../../spi/logger.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { ValueReader } from '../../types/schema-evolution.ts'
import type { AnyType, TypeInformation, TypeSerializer } from '../../types/type-information.ts'
import { HeapBroadcastState } from './broadcast-state.ts'
import { requireReadableOperatorState, requireSameOperatorState } from './operator-state-compatibility.ts'
import { decodeOperatorState, encodeOperatorState } from './operator-state-snapshot.ts'
import type { OperatorStateElements, OperatorStateMeta } from './operator-state-snapshot.ts'
import type { OperatorStateStore } from './operator-state-store.ts'

/** The operator state of one operator in one subtask, as its task sees it. */
export interface OperatorState extends OperatorStateStore {
  /** Everything as bytes, taken at the barrier at once: these states are small. Undefined when there is nothing. */
  snapshot(): Uint8Array | undefined
  /** Names of restored states that nobody has registered; they are dropped, with a warning, by the first snapshot. */
  unclaimedStates(): readonly string[]
}

export interface OperatorStateContext {
  readonly uid: string
  readonly logger: Logger
}

interface RestoredElements extends OperatorStateElements {
  /** Undefined: by the serializer that the state is registered with. */
  readonly read: ValueReader | undefined
}

interface Registered {
  readonly meta: OperatorStateMeta
  readonly state: unknown
  write(): readonly Uint8Array[]
}

/** `restored`: already redistributed, in the encoding of encodeOperatorState. */
export function createOperatorState(restored: Uint8Array | undefined, { uid, logger }: OperatorStateContext): OperatorState {
  let unclaimed: readonly OperatorStateElements[] = restored === undefined ? [] : decodeOperatorState(restored).states
  const registered = new Map<string, Registered>()

  /** The restored elements of a state, each with the meta it was written under. */
  const claim = (meta: OperatorStateMeta, type: AnyType | undefined): RestoredElements[] => {
    const found = unclaimed.filter((state) => state.meta.name === meta.name)
    const readable = found.map((state) => ({ ...state, read: requireReadableOperatorState(state.meta, meta, type, uid) }))
    unclaimed = unclaimed.filter((state) => state.meta.name !== meta.name)
    return readable
  }
  /** `type`: of the elements, or the values of a broadcast state; undefined for control objects. */
  const register = <S>(
    meta: OperatorStateMeta,
    type: AnyType | undefined,
    create: (restoredElements: RestoredElements[]) => { state: S; write: () => readonly Uint8Array[] },
  ): S => {
    const known = registered.get(meta.name)
    if (known !== undefined) {
      requireSameOperatorState(known.meta, meta, uid)
      return known.state as S
    }
    const { state, write } = create(claim(meta, type))
    registered.set(meta.name, { meta, state, write })
    return state
  }
  const unclaimedStates = (): string[] => [...new Set(unclaimed.map(({ meta }) => meta.name))].sort()

  return {
    list<T>(name: string, type: TypeInformation<T>, redistribution: 'split' | 'union') {
      const { serializer, schema } = type
      return register({ name, redistribution, serializer: { id: serializer.id, version: serializer.version }, schema }, type, (found) => {
        const values = found.flatMap(({ elements, read }) => elements.map((element) => readFrom(element, readerOr(read, serializer))))
        return listOf(values, (value) => written((output) => serializer.write(value, output)))
      })
    },
    objects: (name, serializer, redistribution) =>
      register({ name, redistribution, serializer: { id: 'objects', version: serializer.version } }, undefined, (found) => {
        const values = found.flatMap(({ meta, elements }) => elements.map((element) => serializer.deserialize(meta.serializer.version, element)))
        return listOf(values, (value) => serializer.serialize(value))
      }),
    broadcast<K, V>(name: string, keyType: TypeInformation<K>, valueType: TypeInformation<V>): BroadcastState<K, V> {
      const { id, version } = valueType.serializer
      const meta: OperatorStateMeta = { name, redistribution: 'broadcast', serializer: { id, version }, schema: valueType.schema, keySchema: keyType.schema }
      return register<BroadcastState<K, V>>(meta, valueType, (found) => {
        const state = new HeapBroadcastState<K, V>(keyType)
        for (const { elements, read } of found) {
          const readValue = readerOr(read, valueType.serializer)
          for (const element of elements) readFrom(element, (input) => state.put(keyType.serializer.read(input), readValue(input)))
        }
        const write = (): Uint8Array[] =>
          Array.from(state.entries(), ([key, value]) =>
            written((output) => {
              keyType.serializer.write(key, output)
              valueType.serializer.write(value, output)
            }),
          )
        return { state, write }
      })
    },
    unclaimedStates,
    snapshot() {
      if (unclaimed.length > 0) {
        logger.warn({ uid, states: unclaimedStates() }, 'restored operator state that no operator has registered is dropped')
        unclaimed = []
      }
      const states = Array.from(registered.values(), ({ meta, write }) => ({ meta, elements: write() })).filter(({ elements }) => elements.length > 0)
      return states.length === 0 ? undefined : encodeOperatorState({ states })
    },
  }
}

function listOf<T>(restored: T[], serialize: (value: T) => Uint8Array): { state: OperatorListState<T>; write: () => readonly Uint8Array[] } {
  let values = restored
  const state: OperatorListState<T> = {
    get: () => values,
    add(value) {
      values.push(value)
    },
    update(replacement) {
      values = [...replacement]
    },
  }
  return { state, write: () => values.map(serialize) }
}

function written(write: (output: DataOutput) => void): Uint8Array {
  const output = createDataOutput(64)
  write(output)
  return output.bytes()
}

function readerOr<T>(read: ValueReader | undefined, serializer: TypeSerializer<T>): (input: DataInput) => T {
  return read === undefined ? (input) => serializer.read(input) : (read as (input: DataInput) => T)
}

function readFrom<T>(bytes: Uint8Array, read: (input: DataInput) => T): T {
  return read(createDataInput(bytes))
}
