import { KeyedEvents } from '../engine/keyed-events.ts'
import { keyedEventSource } from '../engine/keyed-event-source.ts'
import { rowTally } from '../engine/row-tally.ts'
import { functionSink, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { asyncIo } from './cases.ts'
import { createService } from './service.ts'

export function asyncIoEngine(): Variant {
  const events = new KeyedEvents(asyncIo.records)
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      const request = createService()
      await runJob('async-io', (env) => {
        env
          .fromSource(keyedEventSource(events, records))
          .asyncMap(async ({ key, timestamp, amount }) => ({ key, start: timestamp, count: await request(amount) }), { capacity: 100 })
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
