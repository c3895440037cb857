import type { JobClient } from './job-client.ts'
import { importConfig } from './load-config.ts'
import { importJob } from './load-job.ts'
import { mergeSettings } from './run-settings.ts'
import { submitJob, type SubmitUrlOptions } from './submit.ts'

/** Starts a job that worker threads can import too. */
export async function submitUrl(url: URL, { params, config, ...given }: SubmitUrlOptions): Promise<JobClient> {
  const job = await importJob(url)
  if (config === undefined) return submitJob(job, { ...given, params }, { moduleUrl: url.href, params })
  const settings = await importConfig(config)
  const { options } = mergeSettings([given, settings])
  return submitJob(job, { ...options, params }, { moduleUrl: url.href, params, config: { url: config.href, settings } })
}
