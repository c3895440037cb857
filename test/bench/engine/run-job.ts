import { defineJob, submit } from '@millrace/core'
import type { StreamExecutionEnvironment } from '@millrace/core'
import { defineSink, defineSource } from '@millrace/core/spi'
import type { Sink, Source } from '@millrace/core/spi'

/** Runs a job to its end in this thread, at parallelism 1, without checkpoints. */
export async function runJob(name: string, build: (env: StreamExecutionEnvironment) => void): Promise<void> {
  const client = await submit(defineJob({ name, build }))
  await client.done
}

/** A source of one split that makes record i by `read(i)`. */
export function indexedSource<T>(records: number, read: (index: number) => T): Source<T> {
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
          const end = Math.min(records, index + maxRecords)
          while (index < end) output.collect(read(index++))
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
