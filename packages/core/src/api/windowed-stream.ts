import type { Evictor } from '../functions/evictors.ts'
import type { OutputTag } from '../functions/output-tag.ts'
import type { ProcessWindowFunction, Trigger, WindowOpenContext } from '../functions/window.ts'
import { describeAssigner } from '../graph/describe-operator.ts'
import type { WindowFunctionSpec, WindowSpec } from '../graph/operator-spec.ts'
import type { KeySelector } from '../graph/partitioning.ts'
import type { Duration } from '../types/duration.ts'
import { durationMs } from '../types/duration-ms.ts'
import type { Key } from '../types/key.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'
import { aggregateOf } from './aggregate-of.ts'
import type { Aggregates } from './aggregate-of.ts'
import type { DataStream } from './data-stream.ts'
import { append, typeOf, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { Sync } from './sync.ts'

/** Records of a keyed stream, grouped into windows. Late records are counted, and dropped unless they have a side output. */
export interface WindowedStream<out T, out K extends Key, out W> {
  /** Instead of the default trigger, which fires once when the window's time has come. */
  trigger(trigger: Trigger<T>): WindowedStream<T, K, W>
  /** Keeps the records of a window, and drops some whenever it fires. */
  evictor(evictor: Evictor<T>): WindowedStream<T, K, W>
  /** How long after its end a window still takes records; each of them fires its window again. Default none. */
  allowedLateness(lateness: Duration): WindowedStream<T, K, W>
  /** Where records go that are later than allowed: read them with `getSideOutput(tag)` on the window's result. */
  sideOutputLateData<X>(this: WindowedStream<X, K, W>, tag: OutputTag<X>): WindowedStream<X, K, W>
  reduce(reduce: (a: T, b: T) => T & Sync<T>): DataStream<T>
  /** One aggregate function, or a record of them; `finish` makes the emitted row from result, key and window. */
  aggregate<R>(aggregates: Aggregates<T, R>): DataStream<R>
  aggregate<R, O>(aggregates: Aggregates<T, R>, finish: (result: R, key: K, window: W) => O & Sync<O>, type?: TypeInformation<O>): DataStream<O>
  /** Gets all records of a window at once; they are kept in state until then. Prefer `aggregate`. */
  process<R>(process: ProcessWindowFunction<T, R, K, W>, type: TypeInformation<R>): DataStream<R>
  /** The same with state of the key, over its windows, and of each window, over its firings. `open` is called once per subtask and attempt. */
  processWithState<R>(open: (context: WindowOpenContext) => ProcessWindowFunction<T, R, K, W>, type: TypeInformation<R>): DataStream<R>
}

/** What is known of a window before its function is. */
export interface WindowDraft extends Omit<WindowSpec, 'function' | 'kind'> {
  /** Of the operator. Default: by its window assigner. */
  readonly name?: string
  readonly parallelism?: number
}

export function windowedStream<T, K extends Key, W>(handle: StreamHandle, key: KeySelector, draft: WindowDraft): WindowedStream<T, K, W> {
  const { name = `window ${describeAssigner(draft.assigner)}`, parallelism, ...window } = draft
  const { job } = handle
  const elements = typeOf(handle)
  const elementType = elements === undefined ? {} : { elementType: elements }
  const evaluate = <R>(spec: WindowFunctionSpec, outputType: AnyType | undefined): DataStream<R> =>
    job.dataStream(
      append(job, [handle], {
        name,
        operator: { kind: 'window', ...window, function: spec },
        keys: [key],
        stateful: true,
        ...withOutputType(outputType),
        ...(parallelism === undefined ? {} : { parallelism }),
      }),
    )
  return {
    trigger: (trigger) => windowedStream(handle, key, { ...draft, trigger }),
    evictor: (evictor) => windowedStream(handle, key, { ...draft, evictor, ...elementType }),
    allowedLateness: (lateness) => windowedStream(handle, key, { ...draft, allowedLatenessMs: durationMs(lateness) }),
    sideOutputLateData: (tag) => windowedStream(handle, key, { ...draft, lateTag: tag.id }),
    reduce: (reduce) => evaluate({ kind: 'reduce', reduce, ...elementType }, elements),
    aggregate: (aggregates: Parameters<typeof aggregateOf>[0], finish?: (result: never, key: never, window: never) => unknown, finishedType?: unknown) => {
      const aggregate = aggregateOf(aggregates)
      const spec = { kind: 'aggregate', aggregate, ...(finish === undefined ? {} : { finish }) } as const
      return evaluate<never>(spec, finish === undefined ? aggregate.resultType : (finishedType as AnyType | undefined))
    },
    process: (process, type) => evaluate({ kind: 'process', open: () => process as never, ...elementType }, type),
    processWithState: (open, type) => evaluate({ kind: 'process', open: open as never, ...elementType }, type),
  }
}

