import type { CoProcessFunction, KeyedOpenContext, OperatorOpenContext } from '../functions/process-function.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Key } from '../types/key.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { MillraceError } from '../errors.ts'
import type { DataStream } from './data-stream.ts'
import { append, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { Sync } from './sync.ts'

/** What can be done with two connected streams, keyed or not. Both functions give records of one type. */
export interface StatelessConnections<out A, out B> {
  map<R>(map1: (value: A) => R & Sync<R>, map2: (value: B) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
  flatMap<R>(flatMap1: (value: A) => Iterable<R>, flatMap2: (value: B) => Iterable<R>, type?: TypeInformation<R>): DataStream<R>
}

/** Two streams that one operator reads, without any order between them. */
export interface ConnectedStreams<out A, out B> extends StatelessConnections<A, B> {
  process<R>(open: (context: OperatorOpenContext) => CoProcessFunction<A, B, R>, type: TypeInformation<R>): DataStream<R>
}

/** Two streams by the same key: records of one key of both sides meet in one subtask and share its state. */
export interface KeyedConnectedStreams<out A, out B, out K extends Key> extends StatelessConnections<A, B> {
  process<R>(open: (context: KeyedOpenContext<K>) => CoProcessFunction<A, B, R>, type: TypeInformation<R>): DataStream<R>
}

export function connectStreams<A, B>(first: StreamHandle, second: StreamHandle): ConnectedStreams<A, B> {
  const { job } = first
  return {
    ...statelessConnections(first, second),
    process: (open, outputType) => job.dataStream(append(job, [first, second], { name: 'process', operator: { kind: 'coProcess', open }, outputType, stateful: true })),
  }
}

export function connectKeyedStreams<A, B, K extends Key>(first: StreamHandle, key: KeySelector, second: StreamHandle): KeyedConnectedStreams<A, B, K> {
  const { job } = first
  const keys = [key, keyOf(second)]
  return {
    ...statelessConnections(first, second),
    process: (open, outputType) =>
      job.dataStream(append(job, [first, second], { name: 'process', operator: { kind: 'keyedCoProcess', open: open as never }, keys, outputType, stateful: true })),
  }
}

function statelessConnections<A, B>(first: StreamHandle, second: StreamHandle): StatelessConnections<A, B> {
  const { job } = first
  const connect = <R>(name: string, one: (value: A) => Iterable<R>, two: (value: B) => Iterable<R>, type: TypeInformation<R> | undefined): DataStream<R> => {
    const open = (): CoProcessFunction<A, B, R> => ({
      processElement1(value, _timestamp, output) {
        for (const result of one(value)) output.collect(result)
      },
      processElement2(value, _timestamp, output) {
        for (const result of two(value)) output.collect(result)
      },
    })
    return job.dataStream(append(job, [first, second], { name, operator: { kind: 'coProcess', open }, ...withOutputType(type) }))
  }
  return {
    map: (map1, map2, type) => connect('coMap', (value) => [map1(value)], (value) => [map2(value)], type),
    flatMap: (flatMap1, flatMap2, type) => connect('coFlatMap', flatMap1, flatMap2, type),
  }
}

/** The key of a keyed stream. Throws CORE_KEY_REQUIRED. */
export function keyOf(handle: StreamHandle): KeySelector {
  const partitioning = handle.outputs[0]?.partitioning
  if (partitioning?.kind === 'hash') return partitioning.key
  throw new MillraceError('CORE_KEY_REQUIRED', 'expected a keyed stream to be connected with another keyed stream, found one without a key; call keyBy on it first', { origin: 'user' })
}
