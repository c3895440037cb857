import { buildGraph, validateParams } from '../api/build-graph.ts'
import type { Job } from '../api/define-job.ts'
import type { JobClient } from './job-client.ts'
import type { RunOptions } from './run-options.ts'

/**
 * Starts a job inside this process and returns as soon as it has been accepted; `done` of the client says how it ended.
 * Rejects with CORE_INVALID_PARAMS, whatever the job's builder throws, and what `submitGraph` rejects with.
 */
export async function submit<P>(job: Job<P>, options: RunOptions & { readonly params?: P } = {}): Promise<JobClient> {
  const graph = buildGraph(job, validateParams(job, options.params))
  // The runtime loads when the first job starts: importing the package must cost next to nothing.
  const { submitGraph } = await import('./submit-graph.ts')
  return submitGraph(graph, options)
}
