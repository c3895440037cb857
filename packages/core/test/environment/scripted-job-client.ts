import type { JobClient, JobResult, JobStatus } from '../../src/environment/job-client.ts'

export const STATUS: JobStatus = {
  jobName: 'flights',
  state: 'running',
  startedMs: 0,
  numRestarts: 0,
  recordsIn: 0,
  recordsOut: 0,
  recordsRejected: 0,
  recordsLate: 0,
  failedCheckpoints: 0,
  vertices: [],
}

export interface ScriptedJobClient extends JobClient {
  /** What was asked of it, in order. */
  readonly calls: string[]
  end(state: JobResult['state'], savepoint?: string): JobResult
  fail(error: unknown): void
}

/** A job that runs until the test ends it; `stop` and `cancel` end it the way a real one does. */
export function scriptedJobClient(status: () => JobStatus = () => STATUS): ScriptedJobClient {
  const calls: string[] = []
  const ended = Promise.withResolvers<JobResult>()
  ended.promise.catch(() => undefined) // a test may fail the job before anybody waits for it
  const client: ScriptedJobClient = {
    calls,
    jobName: 'flights',
    done: ended.promise,
    status,
    metrics: () => [{ name: 'numRecordsIn', type: 'counter', labels: { job: 'flights' }, value: 42 }],
    accumulators: () => ({}),
    watermarks: () => ({ causes: [], edges: [], splits: [] }),
    savepoint: async (directory) => {
      calls.push(`savepoint ${directory ?? '-'}`)
      return `${directory ?? '/configured'}/sp-1`
    },
    stop: async (options) => {
      calls.push(`stop ${JSON.stringify(options ?? null)}`)
      return client.end('stopped', options?.savepoint)
    },
    cancel: async () => {
      calls.push('cancel')
      client.end('canceled')
    },
    end(state, savepoint) {
      const counts = { recordsIn: 3_000_000, recordsOut: 12, recordsRejected: 1, recordsLate: 2, numRestarts: 0, accumulators: {} }
      const result = { state, durationMs: 2_000, ...counts, ...(savepoint === undefined ? {} : { savepoint }) }
      ended.resolve(result)
      return result
    },
    fail: (error) => ended.reject(error),
    [Symbol.asyncDispose]: () => client.cancel(),
  }
  return client
}
