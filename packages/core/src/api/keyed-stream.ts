import type { KeyedOpenContext, KeyedProcessFunction } from '../functions/process-function.ts'
import type { TimeWindow, WindowAssigner } from '../functions/window.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Key } from '../types/key.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'
import { aggregateOf } from './aggregate-of.ts'
import type { Aggregates } from './aggregate-of.ts'
import { connectKeyedBroadcast } from './broadcast-connected-stream.ts'
import type { KeyedBroadcastConnectedStream } from './broadcast-connected-stream.ts'
import { isBroadcastStream } from './broadcast-stream.ts'
import type { BroadcastStream } from './broadcast-stream.ts'
import { connectKeyedStreams } from './connected-streams.ts'
import type { KeyedConnectedStreams } from './connected-streams.ts'
import type { DataStream } from './data-stream.ts'
import { deduplicate } from './deduplicate.ts'
import type { DeduplicateOptions } from './deduplicate.ts'
import { intervalJoin } from './interval-join.ts'
import type { IntervalJoin } from './interval-join.ts'
import type { SameKindOfKey } from './key-types.ts'
import { rollingOperations } from './rolling-operations.ts'
import type { RollingOperations } from './rolling-operations.ts'
import { statelessOperations } from './stateless-operations.ts'
import type { StatelessOperations } from './stateless-operations.ts'
import { append, handleIn, partitioned, typeOf, withHandle, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { Sync } from './sync.ts'
import { countWindows } from './count-windows.ts'
import { windowJoin } from './window-join.ts'
import type { WindowJoin } from './window-join.ts'
import { windowedStream } from './windowed-stream.ts'
import type { WindowedStream } from './windowed-stream.ts'

/**
 * A stream whose records of one key all reach the same subtask, in order per producer. Operators on it have state per key.
 * Not an operator itself: uid and the like belong to what follows.
 */
export interface KeyedStream<out T, out K extends Key> extends StatelessOperations<T>, RollingOperations<T> {
  /** `open` is called once per subtask and attempt; `context.key` and states are those of the record being processed. */
  process<R>(open: (context: KeyedOpenContext<K>) => KeyedProcessFunction<T, R>, type: TypeInformation<R>): DataStream<R>
  /** Rolling: emits the result so far for every record. */
  reduce(reduce: (a: T, b: T) => T & Sync<T>): DataStream<T>
  /** Lets the first record of each key through. */
  deduplicate(options?: DeduplicateOptions): DataStream<T>
  /** Rolling, with one aggregate function or a record of them. */
  aggregate<R>(aggregates: Aggregates<T, R>): DataStream<R>
  aggregate<R, O>(aggregates: Aggregates<T, R>, finish: (result: R, key: K) => O & Sync<O>, type?: TypeInformation<O>): DataStream<O>
  window<W>(assigner: WindowAssigner<W, T>): WindowedStream<T, K, W>
  /** Windows of `size` records of a key; with `slide`, of the last `size` records after every `slide` ones. */
  countWindow(size: number, slide?: number): WindowedStream<T, K, TimeWindow>
  /** With a broadcast stream, or with another stream that is keyed by the same kind of key. */
  connect<B>(other: BroadcastStream<B>): KeyedBroadcastConnectedStream<T, B, K>
  connect<U, J extends SameKindOfKey<K>>(other: KeyedStream<U, J>): KeyedConnectedStreams<T, U, K | J>
  /** Pairs records of one key that are in the same window. */
  join<U, J extends SameKindOfKey<K>>(other: KeyedStream<U, J>): WindowJoin<T, U, K | J>
  /** Pairs records of one key whose timestamps are close. */
  intervalJoin<U, J extends SameKindOfKey<K>>(other: KeyedStream<U, J>): IntervalJoin<T, U>
}

export function keyedStream<T, K extends Key>(input: StreamHandle, key: KeySelector): KeyedStream<T, K> {
  const { job } = input
  const handle = partitioned(input, { kind: 'hash', key })
  const keys = [key]
  const type = typeOf(handle)
  const reduceBy = <R>(reduce: (a: never, b: never) => unknown, name: string): DataStream<R> =>
    job.dataStream(append(job, [handle], { name, operator: { kind: 'reduce', reduce, ...(type === undefined ? {} : { type }) }, keys, stateful: true, ...withOutputType(type) }))
  const stream: KeyedStream<T, K> = {
    ...statelessOperations<T>(handle),
    ...rollingOperations<T>(reduceBy),
    process: (open, resultType) =>
      job.dataStream(append(job, [handle], { name: 'process', operator: { kind: 'keyedProcess', open: open as never }, keys, outputType: resultType, stateful: true })),
    reduce: (reduce) => reduceBy(reduce, 'reduce'),
    deduplicate: (options = {}) =>
      job.dataStream(append(job, [handle], { name: 'deduplicate', operator: { kind: 'keyedProcess', open: deduplicate(options) }, keys, stateful: true, ...withOutputType(type) })),
    aggregate: (aggregates: Parameters<typeof aggregateOf>[0], finish?: (result: never, key: never) => unknown, finishedType?: unknown) => {
      const aggregate = aggregateOf(aggregates)
      const outputType = finish === undefined ? aggregate.resultType : (finishedType as AnyType | undefined)
      const operator = { kind: 'aggregate', aggregate, ...(finish === undefined ? {} : { finish }) } as const
      return job.dataStream<never>(append(job, [handle], { name: 'aggregate', operator, keys, stateful: true, ...withOutputType(outputType) }))
    },
    window: (assigner) => windowedStream(handle, key, { assigner, allowedLatenessMs: 0 }),
    countWindow: (size, slide) => windowedStream(handle, key, countWindows(size, slide)),
    connect: (other: object): never =>
      (isBroadcastStream(other) ? connectKeyedBroadcast(handle, key, handleIn(job, other), other) : connectKeyedStreams(handle, key, handleIn(job, other))) as never,
    join: (other) => windowJoin(handle, key, handleIn(job, other)),
    intervalJoin: (other) => intervalJoin(handle, key, handleIn(job, other)),
  }
  return withHandle(stream, handle)
}
