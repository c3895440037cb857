import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Job } from '../api/define-job.ts'
import { MillraceError } from '../errors.ts'
import type { JobClient, JobResult } from './job-client.ts'
import { createLineLogger } from './logger.ts'
import { describeFlags, invalidArgument, parseArguments } from './parse-arguments.ts'
import { printError } from './print-error.ts'
import { namingBuildErrors, readSettings, type Program } from './program.ts'
import type { ProgramHost, StopSignal } from './program-host.ts'
import { checkParams } from './check-params.ts'
import { RUN_FLAGS } from './run-flags.ts'
import type { RunOptions } from './run-options.ts'
import type { RunSettings } from './run-settings.ts'
import type { SubmitOptions } from './submit.ts'
import { formatSummary, superviseJob } from './supervise-job.ts'
import type { JobAddress } from './workers/job-address.ts'

/** The function `submitJob` of this package. */
export type Submit = (job: Job<unknown>, options: RunOptions & { readonly params?: unknown }, address: JobAddress) => Promise<JobClient>

const SIGNAL_NUMBERS: Readonly<Record<StopSignal, number>> = { SIGINT: 2, SIGTERM: 15 }

/**
 * Runs a job in the foreground as its command line says, and returns the exit code. Never throws: every error is printed.
 *
 * 0: the job finished, or was stopped or canceled through its control socket. 1: the job failed. 2: nothing was run, because
 * the command line, the configuration, the parameters or the job itself are wrong. 130 or 143: ended by SIGINT or SIGTERM.
 */
export async function runJob(program: Program, host: ProgramHost, submit: Submit = submitLazily): Promise<number> {
  let stacks = false
  let running = false
  try {
    const { flags, positionals } = parseArguments(host.argv, RUN_FLAGS, program.command)
    if (flags.has('help')) {
      host.stdout.write(helpText(program))
      return 0
    }
    if (positionals.length > 0) throw invalidArgument(`${program.command} expects flags only, found '${positionals[0]}'. Parameters are given as --param KEY=VALUE`)
    const { settings, warnings, located } = await readSettings(program, flags, host)
    stacks = settings.logLevel === 'debug'
    for (const warning of warnings) host.stderr.write(`warning: ${warning}\n`)
    const { url, config } = located
    const address: JobAddress = { moduleUrl: program.moduleUrl, params: settings.params, ...(url === undefined ? {} : { config: { url, settings: config } }) }
    return await runWith(program, settings, host, async (job, options) => {
      const client = await submit(job, options, address)
      running = true
      return client
    })
  } catch (error) {
    host.stderr.write(printError(error, { stacks }))
    return running ? 1 : exitCodeOf(error)
  }
}

/** The runtime is loaded when there is something to run: help and errors do not wait for it. */
const submitLazily: Submit = async (job, options, address) => (await import('./submit.ts')).submitJob(job, options, address)

/** Of a command that ended before it ran anything: 2 if the user has to change something, otherwise 1. */
export function exitCodeOf(error: unknown): number {
  return MillraceError.is(error) && error.origin === 'user' ? 2 : 1
}

async function runWith(program: Program, settings: RunSettings, host: ProgramHost, submit: (job: Job<unknown>, options: SubmitOptions<unknown>) => Promise<JobClient>): Promise<number> {
  const job = namingBuildErrors(program)
  checkParams(job.params, settings.params, job.name)
  let client: JobClient | undefined
  const metrics = await openMetrics(settings.metricsPort, () => client)
  const supervision = superviseJob(host)
  try {
    const logger = settings.options.logger ?? createLineLogger({ level: settings.logLevel, write: supervision.print, now: () => host.now() })
    if (metrics !== undefined) logger.info({ url: metrics.url }, 'serving /metrics, /metrics.json and /health')
    const signals = [supervision.aborted, ...(program.defaults?.signal === undefined ? [] : [program.defaults.signal])]
    client = await submit(job, { ...settings.options, logger, signal: AbortSignal.any(signals), params: settings.params })
    const result = await supervision.attend(client, logger)
    host.stderr.write(formatSummary(job.name, result) + howToGoOn(result, settings.options))
    return exitCodeOfResult(result, supervision.signal())
  } catch (error) {
    // What a submission throws because it was interrupted is not a failure of the job.
    if (client !== undefined || !supervision.aborted.aborted) throw error
    host.stderr.write(`${job.name} canceled before it ran\n`)
    return exitCodeOfSignal(supervision.signal() ?? 'SIGINT')
  } finally {
    supervision.end()
    await metrics?.close()
  }
}

async function openMetrics(port: number | undefined, client: () => JobClient | undefined): Promise<{ readonly url: string; close(): Promise<void> } | undefined> {
  if (port === undefined) return undefined
  const { startMetricsServer } = await import('./metrics-server.ts')
  return startMetricsServer(port, client)
}

/** A stop without a savepoint takes a checkpoint, which nobody would look for. */
function howToGoOn({ state, savepoint }: JobResult, { checkpoints }: RunOptions): string {
  const storage = checkpoints?.storage
  const durable = typeof storage === 'object' ? storage.durable : storage !== undefined
  return state === 'stopped' && savepoint === undefined && durable ? 'go on with --from latest\n' : ''
}

function exitCodeOfResult(result: JobResult, signal: StopSignal | undefined): number {
  return result.state === 'finished' || signal === undefined ? 0 : exitCodeOfSignal(signal)
}

function exitCodeOfSignal(signal: StopSignal): number {
  return 128 + SIGNAL_NUMBERS[signal]
}

function helpText({ job, moduleUrl, command }: Program): string {
  return (
    `Runs the job '${job.name}' of ${basename(fileURLToPath(moduleUrl))}.\n\nUsage: ${command} [flags]\n\n${describeFlags(RUN_FLAGS)}\n` +
    'Every flag has a variable, such as MILLRACE_CHECKPOINT_DIR, and parameters have MILLRACE_PARAM_<name>.\n' +
    'A flag wins over its variable, that over millrace.config.ts, and that over the code.\n' +
    'Exit codes: 0 finished or stopped on request, 1 failed, 2 nothing was run, 130 and 143 ended by SIGINT and SIGTERM.\n'
  )
}
