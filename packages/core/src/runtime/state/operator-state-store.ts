import type { BroadcastState, OperatorListState } from '../../functions/process-function.ts'
import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import type { TypeInformation } from '../../types/type-information.ts'

export type Redistribution = 'split' | 'union'

/**
 * Non-keyed state of one operator in one subtask. What is registered under a name is found again after a restore under the
 * same name, already redistributed; registering twice gives the same object.
 */
export interface OperatorStateStore {
  list<T>(name: string, type: TypeInformation<T>, redistribution: Redistribution): OperatorListState<T>
  /** Control objects (splits, committables, writer states) through their own serializer. */
  objects<T>(name: string, serializer: SimpleVersionedSerializer<T>, redistribution: Redistribution): OperatorListState<T>
  broadcast<K, V>(name: string, keyType: TypeInformation<K>, valueType: TypeInformation<V>): BroadcastState<K, V>
}
