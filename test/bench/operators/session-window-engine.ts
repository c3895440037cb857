import { count, EventTimeSessionWindows, WatermarkStrategy } from '@millrace/core'
import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents } from '../engine/keyed-events.ts'
import { keyedEventSource } from '../engine/keyed-event-source.ts'
import { rowTally } from '../engine/row-tally.ts'
import { functionSink, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { sessionWindow } from './cases.ts'

export function sessionWindowEngine(): Variant {
  const events = new KeyedEvents(sessionWindow.records)
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<KeyedEvent>('500ms', ({ timestamp }) => timestamp)
      await runJob('session-window', (env) => {
        env
          .fromSource(keyedEventSource(events, records), watermarks)
          .keyBy('key')
          .window(EventTimeSessionWindows.withGap('1s'))
          .aggregate(count(), (counted, key, window) => ({ key, start: window.start, count: counted }))
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
