import type { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import { WatermarkStrategy as Watermarks } from '../functions/watermark-strategy.ts'
import { createStreamGraphBuilder } from '../graph/stream-graph-builder.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import type { InputFormat } from '../spi/input-format.ts'
import type { SourceFunction } from '../spi/source-function.ts'
import type { Source } from '../spi/source.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { collectionSource } from '../adapters/collection-source.ts'
import { inputFormatSource } from '../adapters/input-format-source.ts'
import { sequenceSource } from '../adapters/sequence-source.ts'
import { sourceFunctionSource } from '../adapters/source-function-source.ts'
import { dataStream } from './data-stream.ts'
import type { DataStream } from './data-stream.ts'
import { addDeadLetterSinks } from './dead-letter.ts'
import { nodeOptions } from './operator-options.ts'
import type { SourceOptions } from './operator-options.ts'
import { checkedRate } from './rate.ts'
import { append, withOutputType } from './stream-handle.ts'
import type { Executor, JobDraft } from './stream-handle.ts'

/** Where the streams of a job begin. `build` of a job receives one; it only describes, nothing runs. */
export interface StreamExecutionEnvironment {
  /** Without `watermarks` event time does not pass until the end of a bounded input. */
  fromSource<T>(source: Source<T>, watermarks?: WatermarkStrategy<NoInfer<T>>, options?: SourceOptions): DataStream<T>
  /** The values are copied now and read by one subtask; their type is found out for primitives. Give timestamps with `assignTimestampsAndWatermarks`. */
  fromData<T>(values: Iterable<T>, type?: TypeInformation<T>): DataStream<T>
  /** The whole numbers from `from` to `to`, both included, in ranges over all subtasks. */
  fromSequence(from: number, to: number): DataStream<number>
  createInput<T>(format: InputFormat<T>, watermarks?: WatermarkStrategy<NoInfer<T>>, options?: SourceOptions): DataStream<T>
  /**
   * A small file, such as a table to look things up in, that every subtask reads whole before it starts: functions ask for it
   * with `context.cachedFile(name)`. `path` as for any file system of the job; at most 64 MiB. Throws CORE_INVALID_CACHED_FILE.
   */
  registerCachedFile(path: string, name: string): void
  addSource<T>(source: SourceFunction<T>, watermarks?: WatermarkStrategy<NoInfer<T>>, options?: SourceOptions): DataStream<T>
}

export interface DraftedJob {
  readonly env: StreamExecutionEnvironment
  /** Ends building: returns the frozen graph, dead-letter sinks included. */
  build(): StreamGraph
}

/** A new, empty job. `execute` makes `executeAndCollect` work in it. */
export function draftJob(jobName: string, execute?: Executor): DraftedJob {
  const builder = createStreamGraphBuilder(jobName)
  const build = (): StreamGraph => {
    addDeadLetterSinks(builder)
    return builder.build()
  }
  const job: JobDraft = { builder, execute, dataStream, build }

  const fromSource = <T>(source: Source<T>, watermarks: WatermarkStrategy<T> = Watermarks.noWatermarks<T>(), options: SourceOptions = {}): DataStream<T> => {
    const { maxRecordsPerSecond } = options
    const rate = maxRecordsPerSecond === undefined ? {} : { maxRecordsPerSecond: checkedRate('maxRecordsPerSecond', maxRecordsPerSecond) }
    return dataStream(append(job, [], { name: `source ${source.name}`, operator: { kind: 'source', source, watermarks, ...rate }, stateful: true, ...withOutputType(source.type), ...nodeOptions(options) }))
  }

  const env: StreamExecutionEnvironment = {
    fromSource,
    fromData: (values, type) => fromSource(collectionSource(values, type), undefined, { parallelism: 1 }),
    fromSequence: (from, to) => fromSource(sequenceSource(from, to)),
    registerCachedFile: (path, name) => builder.addCachedFile({ path, name }),
    createInput: (format, watermarks, options) => fromSource(inputFormatSource(format), watermarks, options),
    addSource: (source, watermarks, options) => fromSource(sourceFunctionSource(source), watermarks, source.parallel === true ? options : { parallelism: 1, ...options }),
  }
  return { env, build }
}
