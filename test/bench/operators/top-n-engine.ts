import { topN, TumblingEventTimeWindows, WatermarkStrategy } from '@millrace/core'
import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents } from '../engine/keyed-events.ts'
import { keyedEventSource } from '../engine/keyed-event-source.ts'
import { rowTally } from '../engine/row-tally.ts'
import { functionSink, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { topN as topNCase } from './cases.ts'

export function topNEngine(): Variant {
  const events = new KeyedEvents(topNCase.records)
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<KeyedEvent>('500ms', ({ timestamp }) => timestamp)
      await runJob('top-n', (env) => {
        env
          .fromSource(keyedEventSource(events, records), watermarks)
          .keyBy('key')
          .window(TumblingEventTimeWindows.of('10s'))
          .aggregate(topN(3, ({ amount }) => amount), (top, key, { start }) => ({ key, start, count: top.reduce((sum, { amount }) => sum + amount, 0) }))
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
