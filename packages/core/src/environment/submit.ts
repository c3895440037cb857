import { buildGraph, validateParams } from '../api/build-graph.ts'
import type { Job } from '../api/define-job.ts'
import type { JobClient } from './job-client.ts'
import type { RunOptions } from './run-options.ts'
import { submitGraph } from './submit-graph.ts'

/**
 * Starts a job inside this process and returns as soon as it has been accepted; `done` of the client says how it ended.
 * Rejects with CORE_INVALID_PARAMS, whatever the job's builder throws, and what `submitGraph` rejects with.
 */
export async function submit<P>(job: Job<P>, options: RunOptions & { readonly params?: P } = {}): Promise<JobClient> {
  return submitGraph(buildGraph(job, validateParams(job, options.params)), options)
}
