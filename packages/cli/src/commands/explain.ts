import { EXPLAIN_FLAGS, explainJob, loadJob, type ProgramHost } from '@millrace/core/cli'
import { splitJobArgument } from '../split-job-argument.ts'

/** `millrace explain job.ts [--format text|json|mermaid]` */
export async function explain(host: ProgramHost): Promise<number> {
  const about = 'Shows how a job would be executed, without executing it.'
  const split = splitJobArgument(host, { command: 'millrace explain', about, flags: EXPLAIN_FLAGS })
  if (split === undefined) return 0
  const { job, moduleUrl } = await loadJob(split.path, host.directory)
  return explainJob({ job, moduleUrl, command: `millrace explain ${split.path}` }, { ...host, argv: split.argv })
}
