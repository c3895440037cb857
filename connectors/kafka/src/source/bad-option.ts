import { MillraceError } from '@millrace/core/spi'

export function badOption(option: string, expected: string, found: unknown): MillraceError {
  return new MillraceError('KAFKA_OPTION', `Expected ${option} to be ${expected}, found ${found === undefined ? 'nothing' : JSON.stringify(found)}`, { origin: 'user' })
}
