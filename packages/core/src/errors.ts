/** Who has to act: the author of the job, something outside the process, or the maintainers of the engine. */
export type ErrorOrigin = 'user' | 'external' | 'engine'

/** Where it happened, as far as it is known. Everything here is printed; never put a secret or a whole record in it. */
export interface ErrorLocation {
  readonly operator?: string
  readonly uid?: string
  readonly subtask?: number
  readonly file?: string
  readonly line?: number
  /** Byte offset in `file`, or the position within a split. */
  readonly offset?: number
  readonly field?: string
  readonly key?: string
  readonly record?: string
}

export interface MillraceErrorOptions {
  readonly origin: ErrorOrigin
  /** True when trying the same thing again can succeed. Default: false. */
  readonly retryable?: boolean
  readonly at?: ErrorLocation
  readonly cause?: unknown
}

/** What an error looks like between threads: posting an Error object would drop its class and its code. */
export interface WireError {
  readonly name: string
  readonly message: string
  readonly stack?: string
  readonly code?: string
  readonly origin?: ErrorOrigin
  readonly retryable?: boolean
  readonly at?: ErrorLocation
  readonly cause?: WireError
}

const BRAND = Symbol.for('millrace.error')

/**
 * The one error class of Millrace and its packages.
 *
 * `code` is stable and starts with the package's prefix (`CORE_`, `FILE_`, `CSV_` …); messages may change.
 * A message says what was expected, what was found, where, and what to change.
 */
export class MillraceError extends Error {
  readonly code: string
  readonly origin: ErrorOrigin
  readonly retryable: boolean
  readonly at: ErrorLocation

  constructor(code: string, message: string, options: MillraceErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'MillraceError'
    this.code = code
    this.origin = options.origin
    this.retryable = options.retryable ?? false
    this.at = options.at ?? {}
    Object.defineProperty(this, BRAND, { value: true })
  }

  /** Recognises errors of another copy of this class too: two versions of core may share a process. */
  static is(error: unknown): error is MillraceError {
    return typeof error === 'object' && error !== null && BRAND in error
  }

  /** `error` unchanged if it already is a MillraceError, otherwise wrapped as its cause. */
  static wrap(error: unknown, code: string, message: string, options: MillraceErrorOptions): MillraceError {
    return MillraceError.is(error) ? error : new MillraceError(code, `${message}: ${describeError(error)}`, { ...options, cause: error })
  }

  /** The same error with more known about where it happened; what was known before wins. */
  located(at: ErrorLocation): MillraceError {
    const copy = new MillraceError(this.code, this.message, { origin: this.origin, retryable: this.retryable, at: { ...at, ...this.at }, cause: this.cause })
    if (this.stack !== undefined) copy.stack = this.stack
    return copy
  }

  static toWire(error: unknown): WireError {
    if (!(error instanceof Error) && !MillraceError.is(error)) return { name: 'Error', message: describeError(error) }
    const wire = {
      name: error.name,
      message: error.message,
      ...(error.stack === undefined ? {} : { stack: error.stack }),
      ...(error.cause === undefined ? {} : { cause: MillraceError.toWire(error.cause) }),
    }
    return MillraceError.is(error) ? { ...wire, code: error.code, origin: error.origin, retryable: error.retryable, at: error.at } : wire
  }

  static fromWire(wire: WireError): Error {
    const cause = wire.cause === undefined ? undefined : MillraceError.fromWire(wire.cause)
    const error =
      wire.code === undefined
        ? new Error(wire.message, cause === undefined ? undefined : { cause })
        : new MillraceError(wire.code, wire.message, {
            origin: wire.origin ?? 'engine',
            retryable: wire.retryable ?? false,
            at: wire.at ?? {},
            ...(cause === undefined ? {} : { cause }),
          })
    error.name = wire.name
    if (wire.stack !== undefined) error.stack = wire.stack
    return error
  }
}

/** The message of anything that was thrown, also of what is not an Error. */
export function describeError(error: unknown): string {
  if (error instanceof Error) return error.message
  return typeof error === 'string' ? error : `a value of type ${typeof error} was thrown`
}
