import type { TimeDomain } from '../functions/process-function.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import { createKeyedStateStore, type KeyedStateStore } from '../runtime/state/keyed-state-store.ts'
import type { KeyedStateBackend } from '../spi/keyed-state-backend.ts'
import { keyGroupOf } from '../types/key-group.ts'
import type { Key } from '../types/key.ts'
import { fromStateKey, toStateKey } from '../types/state-key.ts'
import type { OperatorHarness } from './operator-harness.ts'

export interface TestTimer<K extends Key> {
  readonly key: K
  readonly timestamp: number
  readonly domain: TimeDomain
}

/** The state and timers of every key of a function under test. */
export interface KeyedAccess<K extends Key> {
  /** The state of a key, to look at or to set up. Each call gives one that stays with its key. */
  state<S>(key: K, descriptor: StateDescriptor<S>): S
  /** Keys that have this state, in their order as text. */
  keysWith<S>(descriptor: StateDescriptor<S>): readonly K[]
  /** All that are set, by time and key. */
  timers(): readonly TestTimer<K>[]
}

export function keyedAccess<K extends Key>({ context }: OperatorHarness): KeyedAccess<K> {
  const backend = context.keyedState as KeyedStateBackend
  const storeOf = (): KeyedStateStore => createKeyedStateStore(backend, { now: () => context.now() })
  return {
    state(key, descriptor) {
      const store = storeOf()
      store.currentKey = toStateKey(key)
      store.currentKeyGroup = keyGroupOf(store.currentKey, context.maxParallelism)
      return store.state(descriptor)
    },
    keysWith: (descriptor) => Array.from(storeOf().keysOf(descriptor), ([, key]) => fromStateKey(key) as K).sort(byText),
    timers: () => [...timersIn<K>(backend, 'event'), ...timersIn<K>(backend, 'processing')].sort((a, b) => a.timestamp - b.timestamp || byText(a.key, b.key)),
  }
}

function byText(a: Key, b: Key): number {
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : Number(left > right)
}

/** A queue cannot be looked into: all are taken out, and put back. */
function timersIn<K extends Key>(backend: KeyedStateBackend, domain: TimeDomain): TestTimer<K>[] {
  const queue = backend.timers(domain)
  const found: (TestTimer<K> & { readonly putBack: () => void })[] = []
  while (queue.poll(Infinity)) {
    const { timestamp, keyGroup, key, namespace } = queue
    found.push({ key: fromStateKey(key) as K, timestamp, domain, putBack: () => void queue.add(timestamp, keyGroup, key, namespace) })
  }
  return found.map(({ putBack, ...timer }) => {
    putBack()
    return timer
  })
}
