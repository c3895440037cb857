import { formatAge, formatCount, startStatusLine } from './status-line.ts'
import type { ControlServer } from './control-server.ts'
import { formatAccumulators } from './format-accumulators.ts'
import type { JobClient, JobResult } from './job-client.ts'
import type { ProgramHost, StopSignal } from './program-host.ts'
import type { Logger } from '../spi/logger.ts'

/** Of one run, from before its submission to its end. */
export interface Supervision {
  /** Aborted by a signal before there was a client to stop. */
  readonly aborted: AbortSignal
  /** The first signal that arrived. */
  signal(): StopSignal | undefined
  /** Log lines go through here, so that they do not tear the status line. */
  readonly print: (text: string) => void
  /** Shows the status, serves the control socket and obeys signals until the job has ended. Rejects with what failed the job. */
  attend(client: JobClient, logger: Logger): Promise<JobResult>
  /** Gives the signals back to Node. */
  end(): void
}

/** One Ctrl-C may arrive twice: from the terminal, and from npm or a shell that passes it on. */
const ECHO_MS = 500

/**
 * Watches over a job in the foreground. The first SIGINT or SIGTERM stops it gracefully, with a savepoint if a directory is
 * configured; the second, unless it is an echo of the first, cancels it at once; a third one meets Node's default and kills the process.
 */
export function superviseJob(host: ProgramHost): Supervision {
  const abort = new AbortController()
  let print = (text: string): void => void host.stderr.write(text)
  let first: StopSignal | undefined
  let react: ((signal: StopSignal) => void) | undefined

  let firstMs = 0

  const ignoreSignals = host.onSignal((signal) => {
    if (first === undefined) [first, firstMs] = [signal, host.now()]
    else if (host.now() - firstMs < ECHO_MS) return
    else ignoreSignals()
    if (react === undefined) abort.abort()
    else react(signal)
  })

  function obeySignals(client: JobClient, logger: Logger): void {
    let stopping = false
    react = (signal) => {
      if (stopping) {
        print(`${signal}: canceling at once\n`)
        void client.cancel().catch((err: unknown) => logger.error({ err }, 'canceling failed'))
        return
      }
      stopping = true
      print(`${signal}: stopping gracefully; a second signal cancels at once\n`)
      void client.stop().catch((err: unknown) => logger.error({ err }, 'stopping gracefully failed; a second signal cancels at once'))
    }
  }

  return {
    aborted: abort.signal,
    signal: () => first,
    print: (text) => print(text),
    async attend(client, logger) {
      obeySignals(client, logger)
      const statusLine = startStatusLine({ stream: host.stderr, status: () => client.status(), now: () => host.now(), every: host.every })
      print = statusLine.print
      const forgetOutput = host.onOutput(statusLine.hide)
      const control = openControl(client, logger)
      try {
        return await client.done
      } finally {
        await (await control)?.close()
        forgetOutput()
        statusLine.stop()
      }
    },
    end: ignoreSignals,
  }
}

/** A job runs as well without its control socket, but nobody should have to guess why it does not answer. */
async function openControl(client: JobClient, logger: Logger): Promise<ControlServer | undefined> {
  try {
    const [{ startControlServer }, { controlDirectory }] = await Promise.all([import('./control-server.ts'), import('./control-path.ts')])
    const control = await startControlServer(client, controlDirectory(), (err) => logger.debug({ err }, 'a control connection failed'))
    logger.debug({ path: control.path }, 'control socket opened')
    return control
  } catch (err) {
    logger.warn({ err }, 'no control socket: millrace status, savepoint, stop and cancel will not find this job')
    return undefined
  }
}

/** What a run prints at its end. */
export function formatSummary(jobName: string, result: JobResult): string {
  const rate = result.durationMs > 0 ? ` (${formatCount((result.recordsIn * 1000) / result.durationMs)}/s)` : ''
  // Not toLocaleString: loading the tables of languages takes longer than many a job.
  const exact = (count: number): string => String(count).replace(/\B(?=(?:\d{3})+$)/g, ',')
  const parts = [`${exact(result.recordsIn)} records in${rate}`, `${exact(result.recordsOut)} out`, `${exact(result.recordsRejected)} rejected`]
  parts.push(`${exact(result.recordsLate)} late`, `${result.numRestarts} restarts`)
  const savepoint = result.savepoint === undefined ? '' : `savepoint ${result.savepoint}; go on with --from ${result.savepoint}\n`
  return `${jobName} ${result.state} after ${formatAge(result.durationMs)}: ${parts.join(', ')}\n${formatAccumulators(result.accumulators)}${savepoint}`
}
