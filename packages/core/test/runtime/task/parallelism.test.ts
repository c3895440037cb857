import { describe, expect, test } from 'vitest'
import type { DataStream } from '../../../src/api/data-stream.ts'
import { count, sum } from '../../../src/functions/aggregates.ts'
import { valueState } from '../../../src/functions/state-descriptor.ts'
import { EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { runPipeline, type PipelineOptions } from '../../../src/testing/run-pipeline.ts'
import { at, watermark, type ScriptEvent } from '../../../src/testing/script.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import * as types from '../../../src/types/types.ts'

interface Trade {
  readonly symbol: string
  readonly amount: number
  readonly time: number
}

const Gap = types.row({ symbol: types.string(), gap: types.long() })

/** Out of order by up to 50 ms, with watermarks that keep that bound. */
function trades(total: number): ScriptEvent<Trade>[] {
  const random = seededRandom(7)
  return Array.from({ length: total }, (_, i): ScriptEvent<Trade>[] => {
    const time = i * 10 + Math.floor(random() * 50)
    const trade = at(time, { symbol: `S${Math.floor(random() * 20)}`, amount: Math.floor(random() * 100), time })
    return i % 13 === 12 ? [trade, watermark(i * 10 - 1)] : [trade]
  }).flat()
}

const pipelines: Readonly<Record<string, (input: DataStream<Trade>) => DataStream<unknown>>> = {
  'map, filter, flatMap': (input) =>
    input
      .map((trade) => ({ ...trade, amount: trade.amount * 2 }))
      .filter((trade) => trade.amount > 20)
      .flatMap((trade) => [trade.symbol, trade.amount]),
  'branches that see the same record': (input) => {
    const doubled = input.map(({ amount }) => amount * 2)
    return doubled.map((amount) => amount + 1).union(doubled.filter((amount) => amount % 3 === 0), doubled.flatMap((amount) => (amount > 100 ? [-amount, 0] : [])))
  },
  'tumbling windows': (input) =>
    input
      .keyBy('symbol')
      .window(TumblingEventTimeWindows.of('100ms'))
      .aggregate({ trades: count(), amount: sum((trade: Trade) => trade.amount) }, (result, symbol, window) => ({ symbol, start: window.start, ...result })),
  'sliding windows': (input) =>
    input
      .keyBy('symbol')
      .window(SlidingEventTimeWindows.of('200ms', '50ms'))
      .aggregate({ trades: count() }, (result, symbol, window) => ({ symbol, start: window.start, ...result })),
  'session windows': (input) =>
    input
      .keyBy('symbol')
      .window(EventTimeSessionWindows.withGap('60ms'))
      .aggregate({ trades: count() }, (result, symbol, window) => ({ symbol, start: window.start, end: window.end, ...result })),
  'windows of windows': (input) =>
    input
      .keyBy('symbol')
      .window(TumblingEventTimeWindows.of('100ms'))
      .aggregate({ trades: count() }, (result, symbol) => ({ symbol, ...result }))
      .keyBy((row) => Number(row.symbol.slice(1)) % 3)
      .window(TumblingEventTimeWindows.of('500ms'))
      .aggregate({ trades: sum((row: { trades: number }) => row.trades) }, (result, group, window) => ({ group, start: window.start, ...result })),
  'keyed state and timers': (input) =>
    input.keyBy((trade) => trade.symbol).process((context) => {
      const last = context.state(valueState('last', types.long()))
      return {
        processElement(trade, timestamp) {
          last.update(Math.max(timestamp, last.value() ?? 0))
          context.registerEventTimeTimer(timestamp + 30)
        },
        onTimer(timestamp, output) {
          output.collect({ symbol: context.key, gap: timestamp - (last.value() ?? 0) })
        },
      }
    }, Gap),
}

const sorted = (values: readonly unknown[]): string[] => values.map((value) => JSON.stringify(value)).sort()
const run = (name: string, options: PipelineOptions<Trade>): Promise<readonly unknown[]> => runPipeline(pipelines[name] as (input: DataStream<Trade>) => DataStream<unknown>, trades(300), options)

describe.each(Object.keys(pipelines))('%s', (name) => {
  test('give the same at parallelism 1, 2, 4 and 7', async () => {
    const expected = sorted(await run(name, { parallelism: 1 }))
    expect(expected.length).toBeGreaterThan(10)
    for (const parallelism of [2, 4, 7]) expect(sorted(await run(name, { parallelism }))).toEqual(expected)
  })
  test('give the same in the same order, run after run, compiled or not', async () => {
    const expected = await run(name, { parallelism: 2 })
    expect(await run(name, { parallelism: 2 })).toEqual(expected)
    expect(await run(name, { parallelism: 2, optimizer: { codeGeneration: false } })).toEqual(expected)
  })
  test('give the same whatever the optimizer does, and with the smallest buffers', async () => {
    const expected = sorted(await run(name, {}))
    expect(sorted(await run(name, { optimizer: { chaining: false } }))).toEqual(expected)
    expect(sorted(await run(name, { optimizer: { combiners: false }, parallelism: 3 }))).toEqual(expected)
    expect(sorted(await run(name, { bufferBytes: 1, parallelism: 3, optimizer: { chaining: false } }))).toEqual(expected)
  })
})
