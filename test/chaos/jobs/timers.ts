import { mapState, types, valueState, type Infer } from '@millrace/core'
import { chaosSink, io, Tally, type ChaosJob } from './chaos-job.ts'
import { allEvents, eventSource, watermarks } from './events.ts'

const Row = types.row({ key: types.string(), domain: types.string(), timer: types.long(), count: types.long() })
interface Row extends Infer<typeof Row> {}

const BUCKET_MS = 1500
const DELAY_MS = 80
const buckets = mapState('buckets', types.long(), types.long())
const greeted = valueState('greeted', types.boolean())
const events = { keys: 150 }

/** An event-time timer per key and bucket, and one processing-time timer per key: each must fire exactly once. */
export const timers: ChaosJob = {
  name: 'timers',
  keyed: true,
  build(env, run, { source, sink }) {
    env
      .fromSource(source(eventSource(run, events)), watermarks, { uid: 'events', ...io(run) })
      .keyBy('key')
      .process<Row>((ctx) => {
        const counts = ctx.state(buckets)
        const known = ctx.state(greeted)
        return {
          processElement({ at }) {
            const timer = timerOf(at)
            const count = counts.get(timer) ?? 0
            counts.put(timer, count + 1)
            // once: what is lost is not made good by the next event
            if (count === 0) ctx.registerEventTimeTimer(timer)
            if (known.value() === true) return
            known.update(true)
            ctx.registerProcessingTimeTimer(ctx.now() + DELAY_MS)
          },
          onTimer(timer, output, domain) {
            if (domain === 'processing') {
              output.collect({ key: ctx.key, domain, timer: 0, count: 1 })
              return
            }
            output.collect({ key: ctx.key, domain, timer, count: counts.get(timer) ?? 0 })
            counts.remove(timer)
          },
        }
      }, Row)
      .uid('timers')
      .sinkTo(sink(chaosSink(run, Row)), { uid: 'out', ...io(run) })
  },
  *expected(run) {
    const fired = new Tally<{ key: string; domain: string; timer: number; count: number }>()
    for (const { key, at } of allEvents(run, events)) {
      const timer = timerOf(at)
      fired.of([key, timer], () => ({ key, domain: 'event', timer, count: 0 })).count++
      fired.of([key], () => ({ key, domain: 'processing', timer: 0, count: 1 }))
    }
    for (const row of fired.values()) yield JSON.stringify(row)
  },
}

/** The last moment of the bucket: when its timer fires nothing of it can follow. */
function timerOf(at: number): number {
  return at - (at % BUCKET_MS) + BUCKET_MS - 1
}
