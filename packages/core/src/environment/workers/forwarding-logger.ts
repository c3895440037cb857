import { MillraceError, type WireError } from '../../errors.ts'
import type { FromExecutor } from '../../runtime/protocol.ts'
import type { Logger } from '../../spi/logger.ts'

type LogMessage = Extract<FromExecutor, { readonly kind: 'log' }>

/** In a worker: sends lines to the logger of the job. What cannot be sent is named by its kind. */
export function forwardingLogger(send: (message: LogMessage) => void): Logger {
  const method =
    (level: LogMessage['level']): Logger['info'] =>
    (fields, message) => {
      const errors: Record<string, WireError> = {}
      const plain: Record<string, unknown> = {}
      for (const [name, value] of Object.entries(fields)) {
        if (value instanceof Error || MillraceError.is(value)) errors[name] = MillraceError.toWire(value)
        else plain[name] = sendable(value)
      }
      send({ kind: 'log', level, message, fields: plain, errors })
    }
  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') }
}

/** In the main thread. */
export function logForwarded(logger: Logger, { level, message, fields, errors }: LogMessage): void {
  logger[level]({ ...fields, ...Object.fromEntries(Object.entries(errors).map(([name, wire]) => [name, MillraceError.fromWire(wire)])) }, message)
}

/** A log call must never be what fails. */
function sendable(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  try {
    return structuredClone(value)
  } catch {
    return '[object that cannot be sent]'
  }
}
