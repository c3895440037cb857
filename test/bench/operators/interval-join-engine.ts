import { WatermarkStrategy } from '@millrace/core'
import type { Source } from '@millrace/core/spi'
import type { KeyedEvent } from '../engine/keyed-events.ts'
import { KeyedEvents } from '../engine/keyed-events.ts'
import { rowTally } from '../engine/row-tally.ts'
import { functionSink, indexedSource, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Variant } from '../rate-case.ts'
import { intervalJoin } from './cases.ts'

export function intervalJoinEngine(): Variant {
  const events = new KeyedEvents(intervalJoin.records)
  return {
    prepare: loadRuntime,
    async run(records, check) {
      const tally = rowTally(check)
      const watermarks = WatermarkStrategy.forBoundedOutOfOrderness<KeyedEvent>('500ms', ({ timestamp }) => timestamp)
      /** Every other record. */
      const side = (first: 0 | 1): Source<KeyedEvent> =>
        indexedSource(records / 2, (output, from, to) => {
          for (let index = from; index < to; index++) output.collect(events.read(2 * index + first))
        })
      await runJob('interval-join', (env) => {
        env
          .fromSource(side(0), watermarks)
          .keyBy('key')
          .intervalJoin(env.fromSource(side(1), watermarks).keyBy('key'))
          .between('-1s', '1s')
          .inner((left, right) => ({ key: left.key, start: left.timestamp, count: right.amount }))
          .sinkTo(functionSink((row) => tally.take(row)))
      })
      return tally.outcome()
    },
  }
}
