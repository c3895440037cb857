import { draftJob } from '../../src/api/stream-execution-environment.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { listState, mapState, valueState } from '../../src/functions/state-descriptor.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { optimize } from '../../src/optimizer/optimize.ts'
import type { CollectingSink } from '../../src/testing/collecting-sink.ts'
import type { Script } from '../../src/testing/scripted-source.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import * as types from '../../src/types/types.ts'

export const totals = valueState('total', types.row({ sum: types.long() }))
export const seen = listState('seen', types.long())
export const byParity = mapState('by-parity', types.string(), types.long())

/** For every number of a key: the sum so far, how many there were, and how many were even or odd; and a window that stays open. */
export function statefulJob(scripts: readonly Script<number>[], sink: CollectingSink<string>): (env: StreamExecutionEnvironment) => void {
  return (env) => {
    const keyed = env.fromSource(scriptedSource<number>(...scripts), WatermarkStrategy.fromSource(), { uid: 'numbers' }).keyBy((n) => `k${n % 3}`)
    keyed
      .process((context) => {
        const [total, list, map] = [context.state(totals), context.state(seen), context.state(byParity)]
        return {
          processElement(n, timestamp, output) {
            const sum = (total.value()?.sum ?? 0) + n
            total.update({ sum })
            list.add(n)
            const parity = n % 2 === 0 ? 'even' : 'odd'
            map.put(parity, (map.get(parity) ?? 0) + 1)
            context.registerEventTimeTimer(timestamp + 1_000_000)
            output.collect(`${context.key} ${sum} of ${[...list.get()].length}, ${parity} ${map.get(parity)}`)
          },
        }
      }, types.string())
      .uid('totals')
      .sinkTo(sink, { uid: 'sink' })
    keyed
      .window(TumblingEventTimeWindows.of('1h'))
      .aggregate({ n: count() }, ({ n }, key) => `window ${key}: ${n}`)
      .uid('window')
      .sinkTo(sink, { uid: 'window-sink' })
  }
}

export function graphOf(build: (env: StreamExecutionEnvironment) => void, maxParallelism?: number): JobGraph {
  const draft = draftJob('job')
  build(draft.env)
  return optimize(draft.build(), { parallelism: 2, ...(maxParallelism === undefined ? {} : { maxParallelism }) })
}
