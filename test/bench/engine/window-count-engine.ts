import { count, SlidingEventTimeWindows, TumblingEventTimeWindows, WatermarkStrategy } from '@millrace/core'
import type { WindowAssigner } from '@millrace/core'
import type { Variant } from '../rate-case.ts'
import type { KeyedEvent } from './keyed-events.ts'
import { KeyedEvents } from './keyed-events.ts'
import { keyedEventSource } from './keyed-event-source.ts'
import { rowTally } from './row-tally.ts'
import { functionSink, loadRuntime, runJob } from './run-job.ts'

export function tumblingCountEngine(length: number, recordsPerMs: number): Variant {
  return windowCount(TumblingEventTimeWindows.of('10s'), new KeyedEvents(length, recordsPerMs))
}

export function slidingCountEngine(length: number, recordsPerMs: number): Variant {
  return windowCount(SlidingEventTimeWindows.of('60s', '1s'), new KeyedEvents(length, recordsPerMs))
}

function windowCount(windows: WindowAssigner<{ readonly start: number }, unknown>, events: KeyedEvents): Variant {
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<KeyedEvent>('500ms', ({ timestamp }) => timestamp)
      await runJob('window-count', (env) => {
        env
          .fromSource(keyedEventSource(events, records), watermarks)
          .keyBy('key')
          .window(windows)
          .aggregate(count(), (counted, key, window) => ({ key, start: window.start, count: counted }))
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
