import { MillraceError } from '../../errors.ts'
import type { BroadcastProcessFunction, BroadcastState } from '../../functions/process-function.ts'
import type { MapState } from '../../functions/state.ts'
import type { StateDescriptor } from '../../functions/state-descriptor.ts'
import type { CoProcessFunction } from '../../functions/process-function.ts'
import type { TypeInformation } from '../../types/type-information.ts'
import { requireSynchronous } from './require-synchronous.ts'
import type { OperatorContext } from './stream-operator.ts'
import type { UserCalls } from './user-calls.ts'

/**
 * The broadcast states of one operator. Every subtask must hold the same, so only elements of the broadcast input, which all
 * of them see, may change them: anything else throws CORE_BROADCAST_READONLY.
 */
export class BroadcastStates {
  readonly #context: OperatorContext
  readonly #calls: UserCalls
  #writable = false

  constructor(context: OperatorContext, calls: UserCalls, declared: readonly StateDescriptor<unknown>[]) {
    this.#context = context
    this.#calls = calls
    for (const descriptor of declared) this.#stored(descriptor)
  }

  state<K, V>(descriptor: StateDescriptor<MapState<K, V>>): BroadcastState<K, V> {
    const stored = this.#stored<K, V>(descriptor as StateDescriptor<unknown>)
    const change = (action: () => void, key: K): void => {
      if (!this.#writable) throw this.#readonly(descriptor.name)
      this.#calls.undo?.record(() => {
        const before = stored.get(key) as V | undefined
        return () => (before === undefined ? stored.remove(key) : stored.put(key, before))
      })
      action()
    }
    return {
      get: (key) => stored.get(key),
      has: (key) => stored.has(key),
      get size() {
        return stored.size
      },
      entries: () => stored.entries(),
      put: (key, value) => change(() => stored.put(key, value), key),
      remove: (key) => change(() => stored.remove(key), key),
    }
  }

  /** The broadcast function as a function of two inputs, with write access during the second input's elements. */
  twoInputs(user: BroadcastProcessFunction<unknown, unknown, unknown>): CoProcessFunction<unknown, unknown, unknown> {
    requireSynchronous(user, this.#context.name)
    return {
      processElement1: (value, timestamp, output) => user.processElement(value, timestamp, output),
      processElement2: (value, timestamp, output) => {
        this.#writable = true
        try {
          user.processBroadcastElement(value, timestamp, output)
        } finally {
          this.#writable = false
        }
      },
      onTimer: (timestamp, output, domain) => user.onTimer?.(timestamp, output, domain),
      endInput: (input, output) => user.endInput?.(input, output),
      finish: (output) => user.finish?.(output),
      close: () => user.close?.(),
    }
  }

  #stored<K, V>(descriptor: StateDescriptor<unknown>): BroadcastState<K, V> {
    if (descriptor.kind !== 'map') {
      const message = `expected broadcast state "${descriptor.name}" of "${this.#context.name}" to be declared with mapState, found ${descriptor.kind} state`
      throw new MillraceError('CORE_INVALID_STATE', message, { origin: 'user', at: { operator: this.#context.name } })
    }
    return this.#context.operatorState.broadcast(descriptor.name, descriptor.keyType as unknown as TypeInformation<K>, descriptor.type as unknown as TypeInformation<V>)
  }

  #readonly(name: string): MillraceError {
    const message = `broadcast state "${name}" of "${this.#context.name}" was written outside processBroadcastElement, where subtasks would get different contents; change it only for elements of the broadcast input`
    return new MillraceError('CORE_BROADCAST_READONLY', message, { origin: 'user' })
  }
}
