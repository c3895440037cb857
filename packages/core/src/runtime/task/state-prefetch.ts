import type { JobVertex } from '../../graph/job-graph.ts'
import type { KeyedStateBackend, StateKey } from '../../spi/keyed-state-backend.ts'
import type { Key } from '../../types/key.ts'
import { toStateKey } from '../../types/state-key.ts'
import { keySelectorOf } from '../operators/key-selector-of.ts'

/** Asked before a batch of input is processed; a promise is awaited first. */
export type StatePrefetch = (input: 0 | 1, values: readonly unknown[]) => Promise<void> | undefined

/**
 * Lets the state backend of the first operator of a task load what the keys of a batch need. Undefined if it does not want to.
 */
export function statePrefetch({ operators }: JobVertex, keyedState: KeyedStateBackend | undefined): StatePrefetch | undefined {
  const node = operators[0]?.node
  if (node === undefined || keyedState?.prefetch === undefined) return undefined
  const selectors: ((value: unknown) => unknown)[] = []
  return (input, values) => keyedState.prefetch?.((node.keys[input] ?? undefined) === undefined ? [] : keysOf(values, (selectors[input] ??= keySelectorOf(node, input))))
}

/** A selector that throws does so again where the operator says what becomes of the record. */
function* keysOf(values: readonly unknown[], select: (value: unknown) => unknown): Generator<StateKey> {
  for (const value of values) {
    let key: StateKey
    try {
      key = toStateKey(select(value) as Key)
    } catch {
      continue
    }
    yield key
  }
}
