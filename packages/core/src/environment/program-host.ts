import type { StatusStream } from './status-line.ts'

export type StopSignal = 'SIGINT' | 'SIGTERM'

/** The process around a job, as far as running it needs one. */
export interface ProgramHost {
  /** Without the names of node and of the script. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  /** What relative paths on the command line are relative to. */
  readonly directory: string
  readonly stdout: StatusStream
  readonly stderr: StatusStream
  /** Milliseconds since the epoch. */
  now(): number
  /** Calls back until the returned function is called, and keeps the process alive so long. */
  readonly every: (intervalMs: number, callback: () => void) => () => void
  /** While listened to, a signal does not end the process. */
  onSignal(listener: (signal: StopSignal) => void): () => void
  /** `listener` runs before anything goes to a standard output that is the terminal which also shows the status. */
  onOutput(listener: () => void): () => void
}

/** 128 + SIGPIPE: what a shell reports of a program that writes to a pipe nobody reads any more. */
const BROKEN_PIPE = 141

/** The real process. Ends quietly when the reader of its standard output has had enough, as `head` does. */
export function processHost(argv: readonly string[]): ProgramHost {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(BROKEN_PIPE)
  })
  return {
    argv,
    env: process.env,
    directory: process.cwd(),
    stdout: process.stdout,
    stderr: process.stderr,
    now: Date.now,
    every(intervalMs, callback) {
      const timer = setInterval(callback, intervalMs)
      return () => clearInterval(timer)
    },
    onSignal(listener) {
      process.on('SIGINT', listener).on('SIGTERM', listener)
      return () => void process.off('SIGINT', listener).off('SIGTERM', listener)
    },
    onOutput(listener) {
      const { stdout } = process
      if (!stdout.isTTY || !process.stderr.isTTY) return () => {}
      const write = stdout.write.bind(stdout)
      // `Parameters` sees one overload only; whatever the caller gave is passed on as it is.
      stdout.write = ((...args: Parameters<typeof write>): boolean => {
        listener()
        return write(...args)
      }) as typeof write
      return () => void (stdout.write = write)
    },
  }
}

const GRACE_MS = 1_000

/** Ends the process with `code` when nothing is pending any more, or by force a while later, naming what was left open. */
export function endProcess(code: number): void {
  process.exitCode = code
  const timer = setTimeout(() => {
    const pending = process.getActiveResourcesInfo().filter((kind) => !/^(TTYWrap|PipeWrap)$/.test(kind))
    process.stderr.write(`The job has ended, but the process is kept alive by ${pending.join(', ') || 'something'}; exiting\n`)
    process.exit(code)
  }, GRACE_MS)
  timer.unref()
}
