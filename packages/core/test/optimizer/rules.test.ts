import { describe, expect, test } from 'vitest'
import { count, mean } from '../../src/functions/aggregates.ts'
import { OutputTag } from '../../src/functions/output-tag.ts'
import { Triggers } from '../../src/functions/triggers.ts'
import {
  EventTimeSessionWindows,
  SlidingEventTimeWindows,
  TumblingEventTimeWindows,
  TumblingProcessingTimeWindows,
} from '../../src/functions/window-assigners.ts'
import type { TimeWindow, WindowAssigner } from '../../src/functions/window.ts'
import type { WindowedStream } from '../../src/api/windowed-stream.ts'
import { pruneDeadBranches } from '../../src/optimizer/prune-dead-branches.ts'
import { pushDownCombiners } from '../../src/optimizer/push-down-combiners.ts'
import { simplifyShipStrategies } from '../../src/optimizer/ship-strategy.ts'
import * as types from '../../src/types/types.ts'
import { sinkTo } from '../api/job-fixture.ts'
import { planOf, planText } from './plan-text.ts'

describe('resolving what is left open', () => {
  test('auto is forward for equal parallelism and rebalance otherwise', () => {
    const plan = planOf((env) => env.fromData([1]).map((n) => n).filter(() => true).setParallelism(2).rescale().print(), 4)
    expect(planText(plan)).toEqual(['0 source ×1', '1 map ×4 ← 0 rebalance', '2 filter ×2 ← 1 rebalance', '3 sink ×4 ← 2 rescale'])
  })

  test('maxParallelism follows the parallelism', () => {
    const plan = planOf((env) => env.fromSequence(1, 9).map((n) => n).setParallelism(100).setMaxParallelism(1000).print(), 200)
    expect(plan.nodes.map(({ maxParallelism }) => maxParallelism)).toEqual([512, 1000, 512])
  })

  test('forward between different parallelisms is refused by name', () => {
    const build = (): unknown => planOf((env) => env.fromData([1]).forward().map((n) => n).print(), 2)
    expect(build).toThrow(expect.objectContaining({ code: 'CORE_FORWARD_PARALLELISM', message: expect.stringMatching(/source collection and map.*1 and 2/) }))
  })

  test('a default parallelism above the operator’s maxParallelism is refused', () => {
    expect(() => planOf((env) => env.fromSequence(1, 2).setMaxParallelism(2).print(), 3)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARALLELISM' }))
  })
})

describe('pruning dead branches', () => {
  test('removes what leads to no effect and renumbers the rest', () => {
    const plan = planOf((env) => {
      env.fromData(['dead']).map((s) => s)
      const live = env.fromData([1])
      live.keyBy((n) => n).reduce((a) => a).filter(() => true)
      live.map((n) => n).print()
    })
    expect(planText(plan)).toEqual([
      '0 source ×1',
      '1 map ×1 ← 0 forward',
      '2 source ×1',
      '3 reduce[function] ×1 ← 2 hash(function)',
      '4 filter ×1 ← 3 forward',
      '5 map ×1 ← 2 forward',
      '6 sink ×1 ← 5 forward',
    ])
    expect(planText(pruneDeadBranches(plan))).toEqual(['0 source ×1', '1 map ×1 ← 0 forward', '2 sink ×1 ← 1 forward'])
  })

  test('keeps process functions and what only a side output is read of', () => {
    const tag = OutputTag.of('side', types.double())
    const plan = planOf((env) => {
      env.fromData([1]).process(() => ({ processElement: () => {} }), types.long())
      env.fromData([1]).keyBy((n) => n).window(TumblingEventTimeWindows.of('1s')).process(() => {}, types.long())
      env.fromData([1]).map((n) => n).getSideOutput(tag).print()
    })
    expect(pruneDeadBranches(plan)).toBe(plan)
  })

  test('keeps a source for its dead letters', () => {
    const plan = planOf((env) => env.fromData([1]).onError({ deadLetter: sinkTo() }).map((n) => n))
    expect(planText(pruneDeadBranches(plan))).toEqual(['0 source ×1', '1 sink ×1 ← 0/millrace.dead-letter forward'])
  })
})

describe('ship strategies', () => {
  test('between single subtasks everything is forward, elsewhere nothing changes', () => {
    const plan = planOf((env) => {
      const stream = env.fromData([1])
      stream.keyBy((n) => n).reduce((a) => a).setParallelism(1).broadcast().print()
      stream.shuffle().map((n) => n).setParallelism(1).global().filter(() => true).setParallelism(1).partitionCustom((n) => n, () => 0).map((n) => n).setParallelism(1).print()
    }, 2)
    expect(planText(plan).map((line) => line.split('← ')[1])).toEqual([undefined, '0 hash(function)', '1 broadcast', '0 shuffle', '3 global', '4 custom(function)', '5 rebalance'])
    expect(planText(simplifyShipStrategies(plan)).map((line) => line.split('← ')[1])).toEqual([undefined, '0 forward', '1 broadcast', '0 forward', '3 forward', '4 forward', '5 rebalance'])
  })

  test('returns the plan itself when there is nothing to do', () => {
    const plan = planOf((env) => env.fromSequence(1, 2).shuffle().print(), 2)
    expect(simplifyShipStrategies(plan)).toBe(plan)
  })
})

describe('combiner push-down', () => {
  type Windowed = WindowedStream<number, string, TimeWindow>
  const windowed = (finish: (window: Windowed) => unknown, assigner: WindowAssigner<TimeWindow> = TumblingEventTimeWindows.of('1h'), parallelism = 2) =>
    planOf((env) => void finish(env.fromSequence(1, 9).keyBy((n) => `${n}`).window(assigner)), parallelism)
  const ok = (window: Windowed): unknown => window.aggregate(count()).print()

  test('puts a combiner before the shuffle; the window reads rows of key, slice, accumulator and count', () => {
    const plan = windowed(ok)
    expect(planText(plan)).toEqual(['0 source ×2', '1 window[function] ×2 ← 0 hash(function)', '2 sink ×2 ← 1 forward'])
    const combined = pushDownCombiners(plan)
    expect(planText(combined)).toEqual(['0 source ×2', '1 combine[function] ×2 ← 0 forward', '2 window[key] ×2 ← 1 hash(key)', '3 sink ×2 ← 2 forward'])
    expect(combined.nodes[1]?.planUid).toBe(`${plan.nodes[1]?.planUid}.combine`)
    expect(combined.nodes[2]).toMatchObject({ planUid: plan.nodes[1]?.planUid, operator: { combined: true } })
    expect(combined.edges[1]?.type?.schema).toMatchObject({ kind: 'row', fields: [{ name: 'key' }, { name: 'slice' }, { name: 'count' }, { name: 'accumulator', type: { kind: 'row' } }] })
    expect(pushDownCombiners(combined)).toBe(combined)
  })

  test('gives the key the type of its field where elements have one', () => {
    const Sale = types.row({ shop: types.string(), amount: types.double() })
    const keyTypeOf = (key: 'shop' | ((sale: { shop: string }) => string)): unknown => {
      const plan = planOf((env) => {
        env.fromData([{ shop: 'a', amount: 1 }], Sale).keyBy(key as 'shop').window(TumblingEventTimeWindows.of('1s')).aggregate(count()).sinkTo(sinkTo())
      }, 2)
      const schema = pushDownCombiners(plan).edges[1]?.type?.schema
      return schema?.kind === 'row' ? schema.fields[0]?.type.kind : undefined
    }
    expect(keyTypeOf('shop')).toBe('string')
    expect(keyTypeOf(({ shop }) => shop)).toBe('generic')
  })

  test('one per stream of a union, each with the parallelism of its producer', () => {
    const plan = planOf((env) => {
      const union = env.fromSequence(1, 9).union(env.fromData([1]))
      union.keyBy((n) => n).window(SlidingEventTimeWindows.of('1h', '5min')).aggregate({ n: count(), m: mean((n) => n) }).print()
    }, 3)
    expect(planText(pushDownCombiners(plan))).toEqual([
      '0 source ×3',
      '1 source ×1',
      '2 combine[function] ×3 ← 0 forward',
      '3 combine[function] ×1 ← 1 forward',
      '4 window[key] ×3 ← 2 hash(key), 3 hash(key)',
      '5 sink ×3 ← 4 forward',
    ])
  })

  const late = OutputTag.of('late', types.long())
  const notMerging = { createAccumulator: () => 0, add: (_n: number, a: number) => a + 1, getResult: (a: number) => a }
  test.each<[string, (window: Windowed) => unknown, WindowAssigner<TimeWindow>?]>([
    ['a custom trigger', (window) => window.trigger(Triggers.count(2)).aggregate(count()).print()],
    ['allowed lateness', (window) => window.allowedLateness('1s').aggregate(count()).print()],
    ['a late side output', (window) => window.sideOutputLateData(late).aggregate(count()).print()],
    ['a function that does not merge', (window) => window.aggregate(notMerging).print()],
    ['a reduce', (window) => window.reduce((a) => a).print()],
    ['a process function', (window) => window.process(() => {}, types.long()).print()],
    ['an error policy', (window) => window.aggregate(count()).onError('skip').print()],
    ['session windows', ok, EventTimeSessionWindows.withGap('1s')],
    ['windows that leave gaps', ok, SlidingEventTimeWindows.of('1min', '5min')],
    ['processing time', ok, TumblingProcessingTimeWindows.of('1s')],
  ])('not with %s', (_what, finish, assigner) => {
    const plan = windowed(finish, assigner)
    expect(pushDownCombiners(plan)).toBe(plan)
  })

  test('not where nothing is shuffled', () => {
    const plan = simplifyShipStrategies(windowed(ok, undefined, 1))
    expect(pushDownCombiners(plan)).toBe(plan)
  })
})
