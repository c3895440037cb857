import type { Job } from '../api/define-job.ts'
import type { RunOptions } from './run-options.ts'

/**
 * Runs a job as a program: `if (import.meta.main) await runMain(job, import.meta.url)` at the end of its module makes
 * `node job.ts` the same as `millrace run job.ts`. Reads the command line, `MILLRACE_*` and `millrace.config.ts`, in this
 * order of precedence, before `defaults`; shows the status, answers `millrace status`, obeys SIGINT and SIGTERM, prints what
 * went wrong, and sets the exit code (0 finished, 1 failed, 2 nothing was run, 130 and 143 ended by a signal).
 *
 * It is the last thing a module does: the process ends afterwards, also if the job left something open. To run a job from
 * inside another program use `submit`.
 */
export async function runMain(job: Job<unknown>, moduleUrl: string, defaults: RunOptions = {}): Promise<void> {
  // Loaded here, because importing a job module must cost nothing when it is not run.
  const [{ runJob }, { endProcess, processHost }] = await Promise.all([import('./run-job.ts'), import('./program-host.ts')])
  const command = `node ${process.argv[1]?.split(/[\\/]/).at(-1) ?? 'job'}`
  endProcess(await runJob({ job, moduleUrl, command, defaults }, processHost(process.argv.slice(2))))
}
