import type { Logger } from '@millrace/core/spi'

export interface Line {
  /** Epoch milliseconds. */
  readonly atMs: number
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Keeps what a job logs, its details left out. */
export interface ListeningLogger extends Logger {
  readonly lines: readonly Line[]
  /** How long each restart took, of the job or of a region, from when the failure was noticed until all tasks ran again, in milliseconds. */
  restartsMs(): readonly number[]
}

const RUNS_AGAIN: readonly string[] = ['a region runs again', 'the job runs again']

export function listeningLogger(): ListeningLogger {
  const lines: Line[] = []
  const listen: Logger['info'] = (fields, message) => void lines.push({ atMs: Date.now(), message, fields })
  return {
    lines,
    restartsMs: () => lines.filter(({ message }) => RUNS_AGAIN.includes(message)).map(({ fields }) => Number(fields['durationMs'])),
    debug() {},
    info: listen,
    warn: listen,
    error: listen,
  }
}

/** What a restart may take, from when the failure was noticed. */
export const RESTART_LIMIT_MS = 5_000
