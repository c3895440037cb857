import { MillraceError } from '../errors.ts'
import type { OutputTag } from '../functions/output-tag.ts'
import type { OperatorOpenContext, ProcessFunction } from '../functions/process-function.ts'
import type { MapState } from '../functions/state.ts'
import type { StateDescriptor } from '../functions/state-descriptor.ts'
import type { TimeWindow, WindowAssigner } from '../functions/window.ts'
import type { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import type { OperatorSpec } from '../graph/operator-spec.ts'
import type { KeySelector, Partitioning } from '../graph/partitioning.ts'
import type { NodeDraft } from '../graph/stream-graph-builder.ts'
import type { BadRecordPolicy } from '../spi/bad-record.ts'
import type { Duration } from '../types/duration.ts'
import type { Key } from '../types/key.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { connectBroadcast } from './broadcast-connected-stream.ts'
import type { BroadcastConnectedStream } from './broadcast-connected-stream.ts'
import { broadcastStream, isBroadcastStream } from './broadcast-stream.ts'
import type { BroadcastStream } from './broadcast-stream.ts'
import { connectStreams } from './connected-streams.ts'
import type { ConnectedStreams } from './connected-streams.ts'
import { countWindows } from './count-windows.ts'
import type { KeyField, SelectedKey } from './key-types.ts'
import { keyedStream } from './keyed-stream.ts'
import type { KeyedStream } from './keyed-stream.ts'
import { nodeOptions } from './operator-options.ts'
import { partitionWindowedStream } from './partition-windowed-stream.ts'
import type { PartitionWindowedStream } from './partition-windowed-stream.ts'
import { statelessOperations } from './stateless-operations.ts'
import type { StatelessOperations } from './stateless-operations.ts'
import { append, handleIn, operatorOf, outputOf, partitioned, typeOf, withHandle, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import { windowAll } from './window-all.ts'
import type { ALL } from './window-all.ts'
import type { WindowedStream } from './windowed-stream.ts'

/**
 * Records of type T on their way through the job. Every method appends to the job and returns a new stream; nothing runs
 * yet. `uid`, `name` and the other options apply to the operator that made this stream and return the stream itself;
 * on a union, a partitioning or a side output they throw CORE_NOT_AN_OPERATOR.
 */
export interface DataStream<out T> extends StatelessOperations<T> {
  /** `open` is called once per subtask and attempt: state belongs inside it. `type` is the schema of what is collected. */
  process<R>(open: (context: OperatorOpenContext) => ProcessFunction<T, R>, type: TypeInformation<R>): DataStream<R>
  /** By a field or several (they stay data in the plan), or by a computed key. */
  keyBy<const S extends KeyField<T> | readonly [KeyField<T>, ...KeyField<T>[]] | ((value: T) => Key)>(key: S): KeyedStream<T, SelectedKey<T, S>>
  /** Windows over all records, computed by one subtask; mergeable aggregates are combined before they reach it. */
  windowAll<W>(assigner: WindowAssigner<W, T>): WindowedStream<T, typeof ALL, W>
  /** Like `countWindow` of a keyed stream, over all records. */
  countWindowAll(size: number, slide?: number): WindowedStream<T, typeof ALL, TimeWindow>
  /** All records of each subtask as one, at the end of a bounded input. */
  fullWindowPartition(): PartitionWindowedStream<T>
  union<const O extends readonly DataStream<unknown>[]>(...others: O): DataStream<T | ElementOf<O[number]>>
  /** Reads both streams in one operator, without any order between them. */
  connect<B>(other: BroadcastStream<B>): BroadcastConnectedStream<T, B>
  connect<U>(other: DataStream<U>): ConnectedStreams<T, U>
  assignTimestampsAndWatermarks(watermarks: WatermarkStrategy<T>): DataStream<T>
  /** What the operator that made this stream emits with `context.output(tag, …)`, or sends out as late. */
  getSideOutput<X>(tag: OutputTag<X>): DataStream<X>

  /** Subtask i to subtask i; both operators need the same parallelism. */
  forward(): DataStream<T>
  rebalance(): DataStream<T>
  /** Round-robin within groups of neighbouring subtasks. */
  rescale(): DataStream<T>
  shuffle(): DataStream<T>
  /** Everything to subtask 0. */
  global(): DataStream<T>
  /** Every record to every subtask; with descriptors, to be connected with a stream that reads it as broadcast state. */
  broadcast(): DataStream<T>
  broadcast<S extends readonly [MapState<unknown, unknown>, ...MapState<unknown, unknown>[]]>(...states: { readonly [I in keyof S]: StateDescriptor<S[I]> }): BroadcastStream<T>
  /** `partition` returns the subtask, 0 to `partitions` − 1, for what `key` returns. */
  partitionCustom<P>(key: (value: T) => P, partition: (key: P, partitions: number) => number): DataStream<T>

  uid(uid: string): DataStream<T>
  name(name: string): DataStream<T>
  setParallelism(parallelism: number): DataStream<T>
  setMaxParallelism(maxParallelism: number): DataStream<T>
  /** Operators of other groups run in other slots, so that a heavy part of a job has threads of its own. What follows inherits it. */
  slotSharingGroup(group: string): DataStream<T>
  /** Longest time that what this operator emits waits in a partly filled batch between tasks; `'0ms'`: not at all. */
  setBufferTimeout(timeout: Duration): DataStream<T>
  /** Runs this operator in tasks of its own. */
  disableChaining(): DataStream<T>
  /** Runs this operator in other tasks than the ones before it. */
  startNewChain(): DataStream<T>
  /** What happens with a record for which a function of this operator throws. Default `fail`. */
  onError(policy: BadRecordPolicy): DataStream<T>
}

/** The type of a stream's records. */
export type ElementOf<S> = S extends DataStream<infer T> ? T : never

export function dataStream<T>(handle: StreamHandle): DataStream<T> {
  const { job } = handle
  const type = typeOf(handle)
  const through = (partitioning: Partitioning): DataStream<T> => dataStream(partitioned(handle, partitioning))
  const change = (method: string, options: Partial<NodeDraft>): DataStream<T> => {
    job.builder.change(operatorOf(handle, method), options)
    return stream
  }
  const stream: DataStream<T> = {
    ...statelessOperations<T>(handle),
    process: (open, resultType) =>
      dataStream(append(job, [handle], { name: 'process', operator: { kind: 'process', open }, outputType: resultType, stateful: true })),
    keyBy: (key) => keyedStream(handle, keySelector(key)),
    windowAll: (assigner) => windowAll(handle, { assigner, allowedLatenessMs: 0 }),
    countWindowAll: (size, slide) => windowAll(handle, countWindows(size, slide)),
    fullWindowPartition: () => partitionWindowedStream(handle),
    union: (...others) => dataStream<never>({ job, node: null, outputs: [handle, ...others.map((other) => handleIn(job, other))].flatMap(({ outputs }) => outputs) }),
    connect: (other: object): never => (isBroadcastStream(other) ? connectBroadcast(handle, handleIn(job, other), other) : connectStreams(handle, handleIn(job, other))) as never,
    assignTimestampsAndWatermarks: (watermarks) =>
      dataStream(append(job, [handle], { name: 'timestamps', operator: timestampsSpec(watermarks), stateful: watermarks.generator !== undefined, ...withOutputType(type) })),
    getSideOutput: (tag) => dataStream({ job, node: null, outputs: [outputOf(operatorOf(handle, 'getSideOutput'), tag.id, tag.type)] }),

    forward: () => through({ kind: 'forward' }),
    rebalance: () => through({ kind: 'rebalance' }),
    rescale: () => through({ kind: 'rescale' }),
    shuffle: () => through({ kind: 'shuffle' }),
    global: () => through({ kind: 'global' }),
    broadcast: (...states: readonly unknown[]): never =>
      (states.length === 0 ? through({ kind: 'broadcast' }) : broadcastStream(partitioned(handle, { kind: 'broadcast' }), states as readonly StateDescriptor<unknown>[])) as never,
    partitionCustom: (select, partition) => through({ kind: 'custom', key: { kind: 'function', select }, partition }),

    uid: (uid) => change('uid', nodeOptions({ uid })),
    name: (name) => change('name', nodeOptions({ name })),
    setParallelism: (parallelism) => change('setParallelism', nodeOptions({ parallelism })),
    setMaxParallelism: (maxParallelism) => change('setMaxParallelism', nodeOptions({ maxParallelism })),
    slotSharingGroup: (slotSharingGroup) => change('slotSharingGroup', nodeOptions({ slotSharingGroup })),
    setBufferTimeout: (bufferTimeout) => change('setBufferTimeout', nodeOptions({ bufferTimeout })),
    disableChaining: () => change('disableChaining', { chaining: 'never' }),
    startNewChain: () => change('startNewChain', { chaining: 'head' }),
    onError: (policy) => change('onError', { onError: policy }),
  }
  return withHandle(stream, handle)
}

function timestampsSpec(watermarks: WatermarkStrategy<never>): OperatorSpec {
  if (watermarks.alignment === undefined) return { kind: 'timestamps', watermarks }
  const message = `expected a strategy without alignment in assignTimestampsAndWatermarks, found group '${watermarks.alignment.group}'; only sources can wait, so give withWatermarkAlignment to fromSource`
  throw new MillraceError('CORE_INVALID_WATERMARKS', message, { origin: 'user' })
}

function keySelector<T>(key: string | readonly string[] | ((value: T) => Key)): KeySelector {
  if (typeof key === 'string') return { kind: 'field', field: key }
  if (typeof key === 'function') return { kind: 'function', select: key }
  if (Array.isArray(key) && key.length > 0) return { kind: 'fields', fields: [...key] }
  throw new MillraceError('CORE_INVALID_KEY', "expected keyBy('field'), keyBy(['field', …]) or keyBy(selector), found none of them", { origin: 'user' })
}
