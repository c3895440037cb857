import { MillraceError } from '../errors.ts'
import type { AsyncFunction, AsyncOptions, AsyncRetry } from '../functions/async-function.ts'
import type { AsyncMapSpec } from '../graph/operator-spec.ts'
import type { Duration } from '../types/duration.ts'
import { durationMs } from '../types/duration-ms.ts'
import { checkedRate } from './rate.ts'
import type { AnyType } from '../types/type-information.ts'

const DEFAULT_CAPACITY = 100

/** Throws CORE_INVALID_ASYNC for options that are out of bounds. */
export function asyncMapSpec<T, R>(request: AsyncFunction<T, R>, options: AsyncOptions<T, R> = {}, inputType: AnyType | undefined): AsyncMapSpec {
  const { ordered = true, capacity = DEFAULT_CAPACITY, timeout, onTimeout, retry, maxRequestsPerSecond } = options
  return {
    kind: 'asyncMap',
    request: request as AsyncMapSpec['request'],
    ordered,
    capacity: atLeastOne('capacity', capacity),
    ...(timeout === undefined ? {} : { timeoutMs: positiveMs('timeout', timeout) }),
    ...(onTimeout === undefined ? {} : { onTimeout: onTimeout as (value: never) => unknown }),
    ...(maxRequestsPerSecond === undefined ? {} : { maxRequestsPerSecond: checkedRate('maxRequestsPerSecond', maxRequestsPerSecond) }),
    ...(retry === undefined ? {} : { retry: retrySpec(retry) }),
    ...(inputType === undefined ? {} : { inputType }),
  }
}

function retrySpec({ attempts, backoff, maxBackoff = '1min', when }: AsyncRetry): NonNullable<AsyncMapSpec['retry']> {
  return {
    attempts: atLeastOne('number of attempts', attempts),
    backoffMs: durationMs(backoff),
    maxBackoffMs: durationMs(maxBackoff),
    ...(when === undefined ? {} : { when }),
  }
}

function atLeastOne(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new MillraceError('CORE_INVALID_ASYNC', `expected a ${what} of asyncMap from 1, found ${value}`, { origin: 'user' })
}

function positiveMs(what: string, duration: Duration): number {
  const ms = durationMs(duration)
  if (ms > 0) return ms
  throw new MillraceError('CORE_INVALID_ASYNC', `expected a ${what} of asyncMap of at least 1ms, found '${duration}'; leave it out for none`, { origin: 'user' })
}
