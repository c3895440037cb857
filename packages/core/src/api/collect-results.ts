import { MillraceError } from '../errors.ts'
import type { RunOptions } from '../environment/run-options.ts'
import { defineSink } from '../spi/define-sink.ts'
import type { Sink } from '../spi/sink.ts'
import type { Executor, JobDraft } from './stream-handle.ts'

/**
 * Ends a stream in a sink that keeps its records, runs the job and returns them. Records count when their checkpoint is
 * complete, as in any exactly-once sink: what a failed attempt wrote since then is dropped.
 */
export async function collectInto<T>(job: JobDraft, sinkTo: (sink: Sink<T>) => void, options: RunOptions): Promise<readonly T[]> {
  const execute = executorOf(job)
  const results: T[] = []
  sinkTo(collectSink(results))
  await execute(job.build(), options)
  return results
}

/** What runs the job of an environment that may do so by itself. Throws CORE_NOT_EXECUTABLE. */
export function executorOf(job: JobDraft): Executor {
  if (job.execute !== undefined) return job.execute
  const message = 'expected executeAndCollect in an environment made by createLocalEnvironment(), found that of a job, which runs by being submitted; end the stream in a sink'
  throw new MillraceError('CORE_NOT_EXECUTABLE', message, { origin: 'user' })
}

/** Committables name batches that stay in this process, so that records need no schema. */
function collectSink<T>(results: T[]): Sink<T> {
  const prepared = new Map<number, readonly T[]>()
  let batches = 0
  return defineSink<T, number>({
    name: 'collect',
    createWriter() {
      let written: T[] = []
      return {
        write: (value) => void written.push(value),
        flush: () => undefined,
        prepareCommit() {
          if (written.length === 0) return []
          prepared.set(batches, written)
          written = []
          return [batches++]
        },
      }
    },
    createCommitter: () => ({
      commit(committables) {
        for (const batch of committables) {
          results.push(...(prepared.get(batch) ?? []))
          prepared.delete(batch)
        }
      },
    }),
  })
}
