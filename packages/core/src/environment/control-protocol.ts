import { MillraceError, type WireError } from '../errors.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { JobResult, JobStatus } from './job-client.ts'
import type { WatermarkStatus } from './watermark-status.ts'

/** One request is one line of JSON; it is answered by one line, in the order of the requests on the connection. */
export type ControlRequest =
  | { readonly command: 'status' }
  | { readonly command: 'metrics' }
  | { readonly command: 'watermarks' }
  | { readonly command: 'savepoint'; readonly directory?: string }
  | { readonly command: 'stop'; readonly savepoint?: string; readonly drain?: boolean }
  | { readonly command: 'cancel' }

/** What each command is answered with. */
export interface ControlResults {
  readonly status: JobStatus
  readonly metrics: readonly MetricSample[]
  readonly watermarks: WatermarkStatus
  readonly savepoint: string
  readonly stop: JobResult
  readonly cancel: null
}

export type ControlResponse = { readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly error: WireError }

/** A longer line ends the connection. Answers are not bounded: they come from the job. */
export const LONGEST_REQUEST_BYTES: number = 64 * 1024

/** Checks one line. Throws CLI_BAD_REQUEST, origin user. */
export function parseRequest(line: string): ControlRequest {
  const request = parseJson(line)
  if (typeof request !== 'object' || request === null || !('command' in request)) throw badRequest(`expected {"command": …}, found ${line.slice(0, 80)}`)
  const text = (name: string): Record<string, string> => {
    const value = (request as Record<string, unknown>)[name]
    if (value === undefined) return {}
    if (typeof value !== 'string' || value === '') throw badRequest(`expected '${name}' to be a path`)
    return { [name]: value }
  }
  switch (request.command) {
    case 'status':
    case 'metrics':
    case 'watermarks':
    case 'cancel':
      return { command: request.command }
    case 'savepoint':
      return { command: 'savepoint', ...text('directory') }
    case 'stop': {
      const drain = 'drain' in request ? request.drain : false
      if (typeof drain !== 'boolean') throw badRequest("expected 'drain' to be true or false")
      return { command: 'stop', ...text('savepoint'), drain }
    }
    default:
      throw badRequest(`expected a command of status, metrics, watermarks, savepoint, stop, cancel; found ${JSON.stringify(request.command)}`)
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw MillraceError.wrap(error, 'CLI_BAD_REQUEST', 'expected one JSON value a line', { origin: 'user' })
  }
}

function badRequest(message: string): MillraceError {
  return new MillraceError('CLI_BAD_REQUEST', message, { origin: 'user' })
}
