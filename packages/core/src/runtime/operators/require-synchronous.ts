import { MillraceError } from '../../errors.ts'
import { describeRecord } from './describe-record.ts'

/** What is called for records, timers and ends of input; `close` may be asynchronous. */
const CALLED = ['processElement', 'processElement1', 'processElement2', 'processBroadcastElement', 'onTimer', 'endInput', 'finish'] as const
/** Of a sink's writer: what it does for a record and for a watermark. */
const CALLED_WRITER = ['write', 'writeWatermark'] as const
const CALLED_READER = ['poll'] as const

/**
 * Refuses async functions where the result of a call is not awaited (CORE_ASYNC_FUNCTION): the compiler takes a function that
 * returns a promise for one that returns nothing, and what it threw or emitted later would be lost.
 */
export function requireSynchronous<F extends object>(functions: F, operator: string): F {
  if (typeof functions !== 'object' || functions === null) {
    const message = `expected the function given to operator "${operator}" to return an object with processElement, found ${describeRecord(functions)}; return the functions that are called for records`
    throw new MillraceError('CORE_INVALID_FUNCTION', message, { origin: 'user', at: { operator } })
  }
  refuseAsync(functions, CALLED, operator, 'use asyncMap, a source or a sink for asynchronous work')
  return functions
}

/** The same for the writer of a sink: what an async `write` has not written yet would be missing from checkpoints and at the end. */
export function requireSynchronousWriter<W extends object>(writer: W, operator: string): W {
  refuseAsync(writer, CALLED_WRITER, operator, 'queue the record, return a promise from ready while the queue is full, and wait for it in flush; or use a sink function, whose invoke may be async')
  return writer
}

/** The same for the reader of a source: a promise is no result of a poll, and the job would wait for data for ever. */
export function requireSynchronousReader<R extends object>(reader: R, operator: string): R {
  refuseAsync(reader, CALLED_READER, operator, "return 'pending' while there is nothing to read, and wait for it in available")
  return reader
}

function refuseAsync(functions: object, called: readonly string[], operator: string, instead: string): void {
  for (const name of called) {
    if (Object.prototype.toString.call((functions as Readonly<Record<string, unknown>>)[name]) !== '[object AsyncFunction]') continue
    const message = `expected ${name} of operator "${operator}" to be synchronous, found an async function; ${instead}`
    throw new MillraceError('CORE_ASYNC_FUNCTION', message, { origin: 'user', at: { operator } })
  }
}
