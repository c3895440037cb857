import type { CoProcessFunction, KeyedOpenContext, OperatorOpenContext } from '../functions/process-function.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Key } from '../types/key.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { MillraceError } from '../errors.ts'
import type { DataStream } from './data-stream.ts'
import { append } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'

/** Two streams that one operator reads, without any order between them. */
export interface ConnectedStreams<out A, out B> {
  process<R>(open: (context: OperatorOpenContext) => CoProcessFunction<A, B, R>, type: TypeInformation<R>): DataStream<R>
}

/** Two streams by the same key: records of one key of both sides meet in one subtask and share its state. */
export interface KeyedConnectedStreams<out A, out B, out K extends Key> {
  process<R>(open: (context: KeyedOpenContext<K>) => CoProcessFunction<A, B, R>, type: TypeInformation<R>): DataStream<R>
}

export function connectStreams<A, B>(first: StreamHandle, second: StreamHandle): ConnectedStreams<A, B> {
  const { job } = first
  return {
    process: (open, outputType) => job.dataStream(append(job, [first, second], { name: 'process', operator: { kind: 'coProcess', open }, outputType, stateful: true })),
  }
}

export function connectKeyedStreams<A, B, K extends Key>(first: StreamHandle, key: KeySelector, second: StreamHandle): KeyedConnectedStreams<A, B, K> {
  const { job } = first
  const keys = [key, keyOf(second)]
  return {
    process: (open, outputType) =>
      job.dataStream(append(job, [first, second], { name: 'process', operator: { kind: 'keyedCoProcess', open: open as never }, keys, outputType, stateful: true })),
  }
}

/** The key of a keyed stream. Throws CORE_KEY_REQUIRED. */
export function keyOf(handle: StreamHandle): KeySelector {
  const partitioning = handle.outputs[0]?.partitioning
  if (partitioning?.kind === 'hash') return partitioning.key
  throw new MillraceError('CORE_KEY_REQUIRED', 'expected a keyed stream to be connected with another keyed stream, found one without a key; call keyBy on it first', { origin: 'user' })
}
