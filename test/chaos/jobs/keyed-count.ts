import { mapState, types, valueState, type Infer } from '@millrace/core'
import { chaosSink, io, type ChaosJob } from './chaos-job.ts'
import { allEvents, Event, eventSource, watermarks } from './events.ts'
import { fillInput, kafkaInput } from '../kafka/kafka-place.ts'

const Row = types.row({ key: types.string(), what: types.string(), number: types.long() })
interface Row extends Infer<typeof Row> {}

const counts = valueState('count', types.long())
const seen = mapState('seen', types.long(), types.boolean())
const events = { keys: 3000 }

/** Counts per key; says each count once, and each event once: one lost and another doubled do not cancel out. */
export const keyedCount: ChaosJob = {
  name: 'keyed-count',
  keyed: true,
  async prepare(run) {
    if (run.kafka !== undefined) await fillInput(run.kafka, Array.from(allEvents(run, events), (event) => JSON.stringify(event)))
  },
  build(env, run, { source, sink }) {
    env
      .fromSource(source(run.kafka === undefined ? eventSource(run, events) : kafkaInput(run.kafka, Event)), watermarks, { uid: 'events', ...io(run) })
      .keyBy('key')
      .process<Row>((ctx) => {
        const count = ctx.state(counts)
        const known = ctx.state(seen)
        return {
          processElement({ key, index }, _timestamp, output) {
            const number = (count.value() ?? 0) + 1
            count.update(number)
            output.collect({ key, what: 'count', number })
            output.collect({ key, what: known.has(index) ? 'seen twice' : 'event', number: index })
            known.put(index, true)
          },
        }
      }, Row)
      .uid('count')
      .sinkTo(sink(chaosSink(run, Row)), { uid: 'out', ...io(run) })
  },
  *expected(run) {
    const counted = new Map<string, number>()
    for (const { key, index } of allEvents(run, events)) {
      const number = (counted.get(key) ?? 0) + 1
      counted.set(key, number)
      yield JSON.stringify({ key, what: 'count', number })
      yield JSON.stringify({ key, what: 'event', number: index })
    }
  },
}
