import { MillraceError } from '../../errors.ts'

/** What is called for records, timers and ends of input; `close` may be asynchronous. */
const CALLED = ['processElement', 'processElement1', 'processElement2', 'processBroadcastElement', 'onTimer', 'endInput', 'finish']

/**
 * Refuses async functions where the result of a call is not awaited (CORE_ASYNC_FUNCTION): the compiler takes a function that
 * returns a promise for one that returns nothing, and what it threw or emitted later would be lost.
 */
export function requireSynchronous<F extends object>(functions: F, operator: string): F {
  for (const name of CALLED) {
    if (Object.prototype.toString.call((functions as Readonly<Record<string, unknown>>)[name]) !== '[object AsyncFunction]') continue
    const message = `expected ${name} of operator "${operator}" to be synchronous, found an async function; use asyncMap, a source or a sink for asynchronous work`
    throw new MillraceError('CORE_ASYNC_FUNCTION', message, { origin: 'user', at: { operator } })
  }
  return functions
}
