import { buildGraph, validateParams } from '../api/build-graph.ts'
import type { Job } from '../api/define-job.ts'
import { requireOptions } from './check-settings.ts'
import type { JobClient } from './job-client.ts'
import type { RunOptions } from './run-options.ts'
import type { JobAddress } from './workers/job-address.ts'

export interface SubmitOptions<P> extends RunOptions {
  readonly params?: P
}

export interface SubmitUrlOptions extends RunOptions {
  /** As the job's schema takes them. Plain data if there are workers. */
  readonly params?: unknown
  /** A module like millrace.config.ts: its settings hold where these options say nothing, and workers import it. */
  readonly config?: URL
}

/**
 * Starts a job inside this process and returns as soon as it has been accepted; `done` of the client says how it ended. A job
 * that is to run in worker threads is given by the URL of its module, which has it as default export.
 *
 * Rejects with CORE_INVALID_OPTION, CORE_INVALID_PARAMS, whatever the job's builder throws, what `submitGraph` rejects with, and for a URL with
 * what importing the module throws.
 */
export async function submit<P>(job: Job<P>, options?: SubmitOptions<P>): Promise<JobClient>
export async function submit(job: URL, options?: SubmitUrlOptions): Promise<JobClient>
export async function submit(job: Job<unknown> | URL, options: SubmitOptions<unknown> & SubmitUrlOptions = {}): Promise<JobClient> {
  if (!(job instanceof URL)) return submitJob(job, options)
  const { submitUrl } = await import('./submit-url.ts')
  return submitUrl(job, options)
}

/** `address`: where workers find the job. */
export async function submitJob(job: Job<unknown>, options: SubmitOptions<unknown>, address?: JobAddress): Promise<JobClient> {
  requireOptions(options)
  const graph = buildGraph(job, validateParams(job, options.params))
  // The runtime loads when the first job starts: importing the package must cost next to nothing.
  const { submitGraph } = await import('./submit-graph.ts')
  return submitGraph(graph, options, undefined, address)
}
