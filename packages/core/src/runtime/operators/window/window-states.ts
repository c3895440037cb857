import { MillraceError } from '../../../errors.ts'
import type { OpenContext } from '../../../functions/process-function.ts'
import type { StateDescriptor } from '../../../functions/state-descriptor.ts'
import type { WindowOpenContext } from '../../../functions/window.ts'
import type { KeyedStateBackend, Namespace } from '../../../spi/keyed-state-backend.ts'
import { createKeyedStateStore, type KeyedStateStore } from '../../state/keyed-state-store.ts'
import type { KeyContext } from '../key-context.ts'

interface Clearable {
  clear(): void
}

/** The states of a window function: those of a key, and those of a key and window, which end with the window. */
export class WindowStates {
  /** The function asked for any. */
  used = false
  readonly #ofKey: KeyedStateStore
  readonly #ofWindow: KeyedStateStore
  readonly #windowStates: Clearable[] = []
  readonly #keys: KeyContext
  #opening = true

  constructor(backend: KeyedStateBackend, keys: KeyContext, now: () => number) {
    this.#keys = keys
    this.#ofKey = createKeyedStateStore(backend, { now })
    this.#ofWindow = createKeyedStateStore(backend, { now })
  }

  openContext(base: OpenContext, operator: string, merging: boolean): WindowOpenContext {
    return {
      ...base,
      globalState: (descriptor) => this.#open(this.#ofKey, descriptor, 'key', operator),
      windowState: (descriptor) => {
        if (merging) {
          const message = `expected windowState in "${operator}" with windows that do not merge, found sessions, whose state would have to be merged; use globalState`
          throw new MillraceError('CORE_NOT_MERGEABLE', message, { origin: 'user', at: { operator } })
        }
        const state = this.#open(this.#ofWindow, descriptor, 'window', operator)
        this.#windowStates.push(state as Clearable)
        return state
      },
    }
  }

  opened(): void {
    this.#opening = false
  }

  /** Before the function is called for a window of the current key. */
  use(namespace: Namespace): void {
    for (const store of [this.#ofKey, this.#ofWindow]) {
      store.currentKey = this.#keys.stateKey
      store.currentKeyGroup = this.#keys.keyGroup
    }
    this.#ofWindow.currentNamespace = namespace
  }

  /** A window of the current key has ended. */
  clear(namespace: Namespace): void {
    if (this.#windowStates.length === 0) return
    this.use(namespace)
    for (const state of this.#windowStates) state.clear()
  }

  #open<S>(store: KeyedStateStore, descriptor: StateDescriptor<S>, scope: 'key' | 'window', operator: string): S {
    if (!this.#opening) {
      const message = `state "${descriptor.name}" of "${operator}" was asked for after opening; ask for it in the function passed to processWithState, before returning the window function`
      throw new MillraceError('CORE_STATE_AFTER_OPEN', message, { origin: 'user', at: { operator } })
    }
    this.used = true
    // apart from each other and from the tables of the operator itself
    return store.state({ ...descriptor, name: `${scope}.${descriptor.name}` })
  }
}

