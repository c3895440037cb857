import { defineJob, submit } from '@millrace/core'
import type { StreamExecutionEnvironment } from '@millrace/core'
import { defineSink, defineSource } from '@millrace/core/spi'
import type { Output, Sink, Source } from '@millrace/core/spi'

/** Runs a job to its end in this thread, at parallelism 1, without checkpoints. */
export async function runJob(name: string, build: (env: StreamExecutionEnvironment) => void): Promise<void> {
  const client = await submit(defineJob({ name, build }))
  await client.done
}

/** Emits the records from index `from` to `to` − 1. Each source has a loop of its own, as each real source has. */
export type EmitRange<T> = (output: Output<T>, from: number, to: number) => void

/** Loads the runtime, which importing the API does not: that is start-up, measured by other cases. */
export async function loadRuntime(): Promise<void> {
  await runJob('load-runtime', (env) => {
    env
      .fromData([1])
      .keyBy((value) => value)
      .reduce((a, b) => a + b)
      .sinkTo(functionSink(() => {}))
  })
}

/** A source of one split with that many records. */
export function indexedSource<T>(records: number, emit: EmitRange<T>): Source<T> {
  return defineSource({
    name: 'indexed',
    bounded: true,
    discover: async () => [{ id: 'all', next: 0 }],
    createReader() {
      let index = records
      return {
        addSplits: ([split]) => void (index = split?.next ?? records),
        snapshotSplits: () => (index < records ? [{ id: 'all', next: index }] : []),
        poll(output, maxRecords) {
          const from = index
          index = Math.min(records, from + maxRecords)
          emit(output, from, index)
          return index < records ? 'more' : 'end'
        },
        available: async () => {},
      }
    },
  })
}

/** Hands every record to `write`. */
export function functionSink<T>(write: (record: T) => void): Sink<T> {
  return defineSink({ name: 'function', createWriter: () => ({ write, flush: () => {} }) })
}
