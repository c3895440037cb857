import { MillraceError } from '../../errors.ts'

/** Whether an error has a code and says all of `parts`. */
export function hasCode(code: string, ...parts: readonly string[]): (error: unknown) => boolean {
  return (error) => MillraceError.is(error) && error.code === code && parts.every((part) => error.message.includes(part))
}
