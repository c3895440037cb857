import type { Namespace, StateKey } from '../../spi/keyed-state-backend.ts'

/** Which (key group, key, namespace) the state objects of an operator speak of: that of the element or timer being processed. */
export interface StateKeyCursor {
  currentKey: StateKey
  currentKeyGroup: number
  currentNamespace: Namespace
}
