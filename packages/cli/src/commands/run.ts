import { loadJob, RUN_FLAGS, runJob, type ProgramHost } from '@millrace/core/cli'
import { splitJobArgument } from '../split-job-argument.ts'

/** `millrace run job.ts [flags]`: the same as `node job.ts [flags]` for a job module that ends with `runMain`. */
export async function run(host: ProgramHost): Promise<number> {
  const split = splitJobArgument(host, { command: 'millrace run', about: 'Runs a job until it ends.', flags: RUN_FLAGS })
  if (split === undefined) return 0
  const { job, moduleUrl } = await loadJob(split.path, host.directory)
  return runJob({ job, moduleUrl, command: `millrace run ${split.path}` }, { ...host, argv: split.argv })
}
