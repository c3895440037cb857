import type { Duration } from '../types/duration.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'
import type { AggregatingState, ListState, MapState, ReducingState, ValueState } from './state.ts'

/** How long an entry lives, by processing time. Expired entries are never returned; they are removed on access, and a few others with every write to the state. */
export interface StateTtl {
  readonly after: Duration
  /** `write` (default): counted from the last write. `readAndWrite`: reading prolongs it too. */
  readonly update?: 'write' | 'readAndWrite'
}

export interface StateOptions {
  readonly ttl?: StateTtl
}

/** Names a state, with its type. Pass it to `ctx.state(…)`; the name is what a savepoint is matched by. */
export type StateDescriptor<S> = (
  | { readonly kind: 'value'; readonly type: TypeInformation<never> }
  | { readonly kind: 'list'; readonly type: TypeInformation<never> }
  | { readonly kind: 'map'; readonly keyType: TypeInformation<never>; readonly type: TypeInformation<never> }
  | { readonly kind: 'reducing'; readonly type: TypeInformation<never>; readonly reduce: (a: never, b: never) => unknown }
  | { readonly kind: 'aggregating'; readonly type: TypeInformation<never>; readonly aggregate: AggregateFunction<never, never, unknown> }
) & { readonly name: string; readonly ttl?: StateTtl; readonly _state?: (state: S) => S }

const describe = <S>(descriptor: object, options: StateOptions): StateDescriptor<S> =>
  ({ ...descriptor, ...(options.ttl === undefined ? {} : { ttl: options.ttl }) }) as StateDescriptor<S>

export function valueState<T>(name: string, type: TypeInformation<T>, options: StateOptions = {}): StateDescriptor<ValueState<T>> {
  return describe({ kind: 'value', name, type }, options)
}

export function listState<T>(name: string, type: TypeInformation<T>, options: StateOptions = {}): StateDescriptor<ListState<T>> {
  return describe({ kind: 'list', name, type }, options)
}

export function mapState<UK, UV>(name: string, keyType: TypeInformation<UK>, type: TypeInformation<UV>, options: StateOptions = {}): StateDescriptor<MapState<UK, UV>> {
  return describe({ kind: 'map', name, keyType, type }, options)
}

export function reducingState<T>(name: string, reduce: (a: T, b: T) => T, type: TypeInformation<T>, options: StateOptions = {}): StateDescriptor<ReducingState<T>> {
  return describe({ kind: 'reducing', name, type, reduce }, options)
}

/** `type` is that of the accumulator; taken from the function when it carries one. */
export function aggregatingState<T, A, R>(name: string, aggregate: AggregateFunction<T, A, R>, type: TypeInformation<A>, options: StateOptions = {}): StateDescriptor<AggregatingState<T, R>> {
  return describe({ kind: 'aggregating', name, type, aggregate }, options)
}
