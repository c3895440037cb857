import { MillraceError } from '../errors.ts'
import type { Logger } from '../spi/logger.ts'

/** Least important line that is written; `silent` writes none. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

export interface LineLoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** Takes whole lines with their newline. Default: standard error. */
  readonly write?: (line: string) => void
  /** Epoch milliseconds. Default: the clock of the machine. */
  readonly now?: () => number
}

/**
 * The default logger: one plain line an event, `time LEVEL message key=value …`. Text with spaces is quoted as JSON; an
 * Error shows its code and message, and its stack on the lines below when the level is `debug`.
 */
export function createLineLogger(options: LineLoggerOptions = {}): Logger {
  const { level = 'info', write = (line: string) => void process.stderr.write(line), now = Date.now } = options
  const lowest = LOG_LEVELS.indexOf(level)
  const method = (of: LogLevel): Logger['info'] => {
    if (LOG_LEVELS.indexOf(of) < lowest) return () => {}
    const label = of.toUpperCase().padEnd(5)
    return (fields, message) => {
      let line = `${new Date(now()).toISOString()} ${label} ${oneLine(message)}`
      let stacks = ''
      for (const [key, value] of Object.entries(fields)) {
        if (value === undefined) continue
        line += ` ${key}=${fieldText(value)}`
        if (level === 'debug' && value instanceof Error && value.stack !== undefined) stacks += `${value.stack.replace(/^/gm, '    ')}\n`
      }
      write(`${line}\n${stacks}`)
    }
  }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}

/** Writes nothing. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

function fieldText(value: unknown): string {
  if (MillraceError.is(value)) return JSON.stringify(`${value.code}: ${value.message}`)
  if (value instanceof Error) return JSON.stringify(`${value.name}: ${value.message}`)
  if (typeof value === 'string') return /^[\w./:@%+,-]+$/.test(value) ? value : JSON.stringify(value)
  if (typeof value === 'object' && value !== null) return objectText(value)
  return String(value)
}

/** A log call must never be what fails: what JSON refuses (cycles, bigints, throwing getters) is named by its kind. */
function objectText(value: object): string {
  try {
    return JSON.stringify(value) ?? '[object]'
  } catch {
    return '[object that is not JSON]'
  }
}

function oneLine(message: string): string {
  return message.replace(/[\r\n]+/g, ' ')
}
