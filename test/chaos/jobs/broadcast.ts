import { setTimeout as delay } from 'node:timers/promises'
import { mapState, types, WatermarkStrategy, type Infer } from '@millrace/core'
import { defineSource, type Source } from '@millrace/core/spi'
import type { ChaosRun } from '../chaos-run.ts'
import { mix } from '../random.ts'
import { chaosSink, io, type ChaosJob } from './chaos-job.ts'
import { allEvents, Event, eventSource, watermarks } from './events.ts'

const Rule = types.row({ key: types.string(), factor: types.long() })
interface Rule extends Infer<typeof Rule> {}
const Row = types.row({ index: types.long(), key: types.string(), product: types.long() })
interface Row extends Infer<typeof Row> {}

/** One rule per key. They come while events do, so that many events wait for theirs. */
const RULES = 400
const RULE_INTERVAL_MS = 5
const events = { keys: RULES }
const rulesByKey = mapState('rules', types.string(), Rule)

/** Multiplies every event by the rule of its key, which is broadcast state; events that came first wait in operator state. */
export const broadcast: ChaosJob = {
  name: 'broadcast',
  keyed: false,
  build(env, run, { source, sink }) {
    const rules = env.fromSource(ruleSource(run), WatermarkStrategy.noWatermarks(), { uid: 'rules', parallelism: 1 })
    env
      .fromSource(source(eventSource(run, events)), watermarks, { uid: 'events', ...io(run) })
      .rebalance()
      .connect(rules.broadcast(rulesByKey))
      .process<Row>((ctx) => {
        const known = ctx.broadcastState(rulesByKey)
        const waiting = ctx.operatorState('events waiting for their rule', Event)
        const apply = ({ index, key, value }: Event, { factor }: Rule): Row => ({ index, key, product: value * factor })
        return {
          processElement(event, _timestamp, output) {
            const rule = known.get(event.key)
            if (rule === undefined) waiting.add(event)
            else output.collect(apply(event, rule))
          },
          processBroadcastElement(rule, timestamp, output) {
            known.put(rule.key, rule)
            const others: Event[] = []
            for (const event of waiting.get()) {
              if (event.key === rule.key) output.collect(apply(event, rule), timestamp)
              else others.push(event)
            }
            waiting.update(others)
          },
        }
      }, Row)
      .uid('apply-rules')
      .sinkTo(sink(chaosSink(run, Row)), { uid: 'out', ...io(run) })
  },
  *expected(run) {
    for (const { index, key, value } of allEvents(run, events)) yield JSON.stringify({ index, key, product: value * factorOf(run.seed, Number(key.slice(4))) })
  },
}

function factorOf(seed: number, rule: number): number {
  return mix(seed, rule, 2) % 97
}

/** All rules, one every few milliseconds unless the run is in a hurry. */
function ruleSource({ seed, recordsPerSecond }: ChaosRun): Source<Rule> {
  return defineSource<Rule, { readonly id: string; readonly next: number }>({
    name: 'rules',
    bounded: true,
    type: Rule,
    discover: () => Promise.resolve([{ id: 'rules', next: 0 }]),
    createReader() {
      let next = RULES
      return {
        addSplits(splits) {
          next = splits[0]?.next ?? RULES
        },
        snapshotSplits: () => (next < RULES ? [{ id: 'rules', next }] : []),
        poll(output, maxRecords) {
          const end = recordsPerSecond === undefined ? Math.min(RULES, next + maxRecords) : Math.min(RULES, next + 1)
          for (; next < end; next++) output.collect({ key: `key-${next}`, factor: factorOf(seed, next) })
          return next < RULES ? (recordsPerSecond === undefined ? 'more' : 'pending') : 'end'
        },
        available: (signal) => delay(RULE_INTERVAL_MS, undefined, { signal }).catch(() => {}),
      }
    },
  })
}
