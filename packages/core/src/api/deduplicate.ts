import type { KeyedOpenContext, KeyedProcessFunction } from '../functions/process-function.ts'
import { valueState } from '../functions/state-descriptor.ts'
import type { Duration } from '../types/duration.ts'
import type { Key } from '../types/key.ts'
import { boolean } from '../types/simple-types.ts'

export interface DeduplicateOptions {
  /** Forgets a key after this long without its first record, by processing time. Default: never, which keeps every key for ever. */
  readonly within?: Duration
}

/** Lets the first record of each key through. */
export function deduplicate<T>({ within }: DeduplicateOptions): (context: KeyedOpenContext<Key>) => KeyedProcessFunction<T, T> {
  const seen = valueState('seen', boolean(), within === undefined ? {} : { ttl: { after: within } })
  return (context) => {
    const state = context.state(seen)
    return {
      processElement(value, _timestamp, output) {
        if (state.value() === true) return
        state.update(true)
        output.collect(value)
      },
    }
  }
}
