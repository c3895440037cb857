import type {
  BroadcastOpenContext,
  BroadcastProcessFunction,
  CoProcessFunction,
  KeyedBroadcastOpenContext,
  KeyedOpenContext,
  KeyedProcessFunction,
  OperatorOpenContext,
  ProcessFunction,
} from '../functions/process-function.ts'
import type { MapState } from '../functions/state.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Key } from '../types/key.ts'
import { createFunctionHarness, type FirstInput, type FunctionHarness, type FunctionHarnessOptions, type SecondInput } from './function-harness.ts'
import { keyedAccess, type KeyedAccess } from './keyed-access.ts'

/** A `mapState(…)`, whatever it maps. */
type BroadcastDescriptor = Pick<StateDescriptor<MapState<never, never>>, 'kind' | 'name' | 'type'>

type Select<T, K extends Key> = (value: T) => K

/** A harness around one process function, opened once, as one subtask would. It is closed by `await using`, or `close`. */
export type ProcessHarness<T, R> = FunctionHarness<R> & FirstInput<T>
/** The same with the state and timers of every key. */
export type KeyedProcessHarness<T, R, K extends Key> = ProcessHarness<T, R> & KeyedAccess<K>
export type CoProcessHarness<A, B, R> = ProcessHarness<A, R> & SecondInput<B>
export type KeyedCoProcessHarness<A, B, R, K extends Key> = CoProcessHarness<A, B, R> & KeyedAccess<K>

export function processHarness<T, R>(open: (context: OperatorOpenContext) => ProcessFunction<T, R>, options?: FunctionHarnessOptions): Promise<ProcessHarness<T, R>> {
  return createFunctionHarness({ kind: 'process', open: open as never }, [null], options)
}

export function keyedProcessHarness<T, K extends Key, R>(
  open: (context: KeyedOpenContext<K>) => KeyedProcessFunction<T, R>,
  key: Select<T, K>,
  options?: FunctionHarnessOptions,
): Promise<KeyedProcessHarness<T, R, K>> {
  return keyed({ kind: 'keyedProcess', open: open as never }, [key], options)
}

export function coProcessHarness<A, B, R>(
  open: (context: OperatorOpenContext) => CoProcessFunction<A, B, R>,
  options?: FunctionHarnessOptions,
): Promise<CoProcessHarness<A, B, R>> {
  return createFunctionHarness({ kind: 'coProcess', open: open as never }, [null, null], options)
}

export function keyedCoProcessHarness<A, B, K extends Key, R>(
  open: (context: KeyedOpenContext<K>) => CoProcessFunction<A, B, R>,
  key1: Select<A, K>,
  key2: Select<B, K>,
  options?: FunctionHarnessOptions,
): Promise<KeyedCoProcessHarness<A, B, R, K>> {
  return keyed({ kind: 'keyedCoProcess', open: open as never }, [key1, key2], options)
}

/** `element2` is an element of the broadcast input. */
export function broadcastProcessHarness<T, B, R>(
  open: (context: BroadcastOpenContext) => BroadcastProcessFunction<T, B, R>,
  states: readonly BroadcastDescriptor[],
  options?: FunctionHarnessOptions,
): Promise<CoProcessHarness<T, B, R>> {
  return createFunctionHarness({ kind: 'broadcastProcess', open: open as never, broadcastStates: states as never }, [null, null], options)
}

/** `element2` is an element of the broadcast input. */
export function keyedBroadcastProcessHarness<T, B, K extends Key, R>(
  open: (context: KeyedBroadcastOpenContext<K>) => BroadcastProcessFunction<T, B, R>,
  key: Select<T, K>,
  states: readonly BroadcastDescriptor[],
  options?: FunctionHarnessOptions,
): Promise<KeyedCoProcessHarness<T, B, R, K>> {
  return keyed({ kind: 'keyedBroadcastProcess', open: open as never, broadcastStates: states as never }, [key, null], options)
}

async function keyed<A, B, R, K extends Key>(
  operator: OperatorSpec,
  keys: readonly (Select<never, K> | null)[],
  options?: FunctionHarnessOptions,
): Promise<KeyedCoProcessHarness<A, B, R, K>> {
  const selectors = keys.map((select): KeySelector | null => (select === null ? null : { kind: 'function', select }))
  const harness = await createFunctionHarness<A, B, R>(operator, selectors, options)
  return { ...harness, ...keyedAccess<K>(harness.operator) }
}
