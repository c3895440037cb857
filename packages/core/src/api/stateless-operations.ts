import type { RunOptions } from '../environment/run-options.ts'
import type { AsyncFunction, AsyncOptions } from '../functions/async-function.ts'
import type { OutputFormat } from '../spi/output-format.ts'
import type { SinkFunction } from '../spi/sink-function.ts'
import type { Sink } from '../spi/sink.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { outputFormatSink } from '../adapters/output-format-sink.ts'
import { printSink } from '../adapters/print-sink.ts'
import { sinkFunctionSink } from '../adapters/sink-function-sink.ts'
import { checkSinkType } from './check-sink-type.ts'
import { collectInto } from './collect-results.ts'
import type { DataStream } from './data-stream.ts'
import { iterateResults } from './iterate-results.ts'
import { nodeOptions } from './operator-options.ts'
import { asyncMapSpec } from './async-map.ts'
import { checkedRate } from './rate.ts'
import type { ConnectorOptions } from './operator-options.ts'
import { append, typeOf, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { Sync } from './sync.ts'

/** What can be done with the records of any stream, keyed or not. */
export interface StatelessOperations<out T> {
  /** One record for each. `type` is the schema of the results; absent means the generic codec wherever they become bytes. */
  map<R>(map: (value: T) => R & Sync<R>, type?: TypeInformation<R>): DataStream<R>
  /** Any number of records for each. */
  flatMap<R>(flatMap: (value: T) => Iterable<R>, type?: TypeInformation<R>): DataStream<R>
  /** The result of one asynchronous call for each record, of which many are under way at a time. They are repeated after a crash. */
  asyncMap<R>(request: AsyncFunction<T, R>, options?: AsyncOptions<T, R>, type?: TypeInformation<R>): DataStream<R>
  /** Lets no more than this through, over all subtasks; order, timestamps and watermarks stay. What waits is part of checkpoints. */
  rateLimit(recordsPerSecond: number): DataStream<T>
  filter<S extends T>(predicate: (value: T) => value is S): DataStream<S>
  filter(predicate: (value: T) => boolean): DataStream<T>
  sinkTo(sink: Sink<T>, options?: ConnectorOptions): void
  addSink(sink: SinkFunction<T>, options?: ConnectorOptions): void
  output(format: OutputFormat<T>, options?: ConnectorOptions): void
  /** Writes every record to standard output, one a line, after `prefix`. For trying things out. */
  print(prefix?: string): void
  /**
   * Runs the job of a `createLocalEnvironment()` and returns all records of this stream, once it has ended. They are held in
   * memory: for bounded and small results. Throws CORE_NOT_EXECUTABLE in the environment of a job.
   */
  executeAndCollect(options?: Omit<RunOptions, 'from'>): Promise<readonly T[]>
  /**
   * Runs the job of a `createLocalEnvironment()` while a `for await` loop takes the records of this stream, which may be
   * endless; leaving the loop stops the job. A slow loop slows the job down. Records come as they are written: if the job
   * restarts, some come twice. Throws CORE_NOT_EXECUTABLE in the environment of a job.
   */
  executeAndIterate(options?: Omit<RunOptions, 'from'>): AsyncIterable<T>
}

export function statelessOperations<T>(handle: StreamHandle): StatelessOperations<T> {
  const { job } = handle
  const sinkTo = (sink: Sink<T>, options: ConnectorOptions = {}): void => {
    checkSinkType(typeOf(handle), sink)
    const stateful = sink.createCommitter !== undefined || sink.writerStateSerializer !== undefined
    append(job, [handle], { name: `sink ${sink.name}`, operator: { kind: 'sink', sink }, stateful, ...nodeOptions(options) })
  }
  return {
    map: (map, type) => job.dataStream(append(job, [handle], { name: 'map', operator: { kind: 'map', map }, ...withOutputType(type) })),
    flatMap: (flatMap, type) => job.dataStream(append(job, [handle], { name: 'flatMap', operator: { kind: 'flatMap', flatMap }, ...withOutputType(type) })),
    asyncMap: (request, options, type) =>
      job.dataStream(append(job, [handle], { name: 'asyncMap', operator: asyncMapSpec(request, options, typeOf(handle)), stateful: true, ...withOutputType(type) })),
    rateLimit: (recordsPerSecond) => {
      const type = typeOf(handle)
      const operator = asyncMapSpec((value: T) => Promise.resolve(value), { maxRequestsPerSecond: checkedRate('rateLimit', recordsPerSecond) }, type)
      return job.dataStream(append(job, [handle], { name: `rateLimit ${recordsPerSecond}/s`, operator, stateful: true, ...withOutputType(type) }))
    },
    filter: (predicate: (value: T) => boolean) =>
      job.dataStream<never>(append(job, [handle], { name: 'filter', operator: { kind: 'filter', predicate }, ...withOutputType(typeOf(handle)) })),
    sinkTo,
    addSink: (sink, options) => sinkTo(sinkFunctionSink(sink), options),
    output: (format, options) => sinkTo(outputFormatSink(format), options),
    print: (prefix) => sinkTo(printSink(prefix)),
    executeAndCollect: (options = {}) => collectInto(job, sinkTo, options),
    executeAndIterate: (options = {}) => iterateResults(job, sinkTo, options),
  }
}
