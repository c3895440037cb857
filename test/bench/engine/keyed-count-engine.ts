import { count } from '@millrace/core'
import type { Variant } from '../rate-case.ts'
import { keyedCount } from './keyed-count.ts'
import { KeyedEvents } from './keyed-events.ts'
import { keyedEventSource } from './keyed-event-source.ts'
import { rowTally } from './row-tally.ts'
import { functionSink, loadRuntime, runJob } from './run-job.ts'

export function keyedCountEngine(): Variant {
  const events = new KeyedEvents(keyedCount.records)
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      await runJob('keyed-count', (env) => {
        env
          .fromSource(keyedEventSource(events, records))
          .keyBy('key')
          .aggregate(count(), (counted, key) => ({ key, start: 0, count: counted }))
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
