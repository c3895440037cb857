import { MillraceError } from '../../errors.ts'
import { describeValue } from '../../types/type-mismatch.ts'

/** CORE_PROTOCOL_VIOLATION: what arrived, or was to be sent, is no message of this protocol. */
export function protocolViolation(what: string): MillraceError {
  return new MillraceError('CORE_PROTOCOL_VIOLATION', `Coordinator and executor do not understand each other: ${what}`, { origin: 'engine' })
}

/** The same for one field; `path` is `deploy.tasks[0].taskId`. */
export function wrongField(path: string, expected: string, found: unknown): MillraceError {
  return protocolViolation(`expected ${expected} as ${path}, found ${describeValue(found)}`)
}
