import type { OperatorOpenContext, ProcessFunction } from '../functions/process-function.ts'
import { generic } from '../types/generic-type.ts'
import type { TypeInformation } from '../types/type-information.ts'
import type { DataStream } from './data-stream.ts'
import { append, typeOf, withOutputType } from './stream-handle.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { Sync } from './sync.ts'

/**
 * All records of a subtask, from the first to the last of a bounded input, as one. They are kept in operator state until
 * then, on the heap.
 */
export interface PartitionWindowedStream<out T> {
  /** Called once in each subtask, with its records in order of arrival; without any it is called too. */
  mapPartition<R>(map: (records: readonly T[]) => Iterable<R>, type?: TypeInformation<R>): DataStream<R>
  /** The records of each subtask in order; stable. */
  sortPartition(compare: (a: T, b: T) => number): DataStream<T>
  /** One record for each subtask that has any. */
  reduce(reduce: (a: T, b: T) => T & Sync<T>): DataStream<T>
}

export function partitionWindowedStream<T>(handle: StreamHandle): PartitionWindowedStream<T> {
  const { job } = handle
  const type = typeOf(handle)
  const atTheEnd = <R>(name: string, results: (records: readonly T[]) => Iterable<R>, outputType: ReturnType<typeof typeOf>): DataStream<R> =>
    job.dataStream(append(job, [handle], { name, operator: { kind: 'process', open: collecting(results, (type ?? generic()) as TypeInformation<T>) }, stateful: true, ...withOutputType(outputType) }))
  return {
    mapPartition: (map, resultType) => atTheEnd('mapPartition', map, resultType),
    sortPartition: (compare) => atTheEnd('sortPartition', (records) => records.toSorted(compare), type),
    reduce: (reduce) => atTheEnd('reducePartition', ([first, ...others]) => (first === undefined ? [] : [others.reduce<T>(reduce, first)]), type),
  }
}

function collecting<T, R>(results: (records: readonly T[]) => Iterable<R>, type: TypeInformation<T>) {
  return (context: OperatorOpenContext): ProcessFunction<T, R> => {
    const records = context.operatorState('partition', type)
    return {
      processElement: (value) => records.add(value),
      finish(output) {
        for (const result of results(records.get())) output.collect(result)
        records.update([])
      },
    }
  }
}
