import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createLocalEnvironment } from '../../src/api/local-environment.ts'
import type { DataStream } from '../../src/api/data-stream.ts'
import type { WindowedJoin } from '../../src/api/window-join.ts'
import { collect } from '../../src/functions/aggregates-collect.ts'
import { sum } from '../../src/functions/aggregates.ts'
import { Triggers } from '../../src/functions/triggers.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { EventTimeSessionWindows, TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import type { TimeWindow } from '../../src/functions/window.ts'
import { silentLogger } from '../../src/environment/logger.ts'
import { at, watermark } from '../../src/testing/script.ts'
import { OutputTag } from '../../src/functions/output-tag.ts'
import { runPipeline, runPipelineResult } from '../../src/testing/run-pipeline.ts'
import * as types from '../../src/types/types.ts'
import { graphOf } from './job-fixture.ts'

const Item = types.row({ key: types.string(), n: types.long(), at: types.long() })
interface Item {
  readonly key: string
  readonly n: number
  readonly at: number
}
type Join = WindowedJoin<Item, Item, string, TimeWindow>
const text = (left: Item | null, right: Item | null): string => `${left?.n ?? '-'} ${right?.n ?? '-'}`

/** Runs a join over two bounded inputs whose records are in order. */
async function joined(lefts: readonly Item[], rights: readonly Item[], end: (join: Join) => ReturnType<Join['inner']>): Promise<readonly unknown[]> {
  const env = createLocalEnvironment()
  const stream = (items: readonly Item[]) =>
    env
      .fromData(items.toSorted((a, b) => a.at - b.at), Item)
      .assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps(({ at: time }) => time))
      .keyBy('key')
  const results = await end(stream(lefts).join(stream(rights)).window(TumblingEventTimeWindows.of('10ms'))).executeAndCollect({ logger: silentLogger })
  return results.toSorted()
}

const items = fc.array(fc.record({ key: fc.constantFrom('a', 'b'), n: fc.nat(99), at: fc.nat(40) }), { maxLength: 12 })
const sameWindow = (a: Item, b: Item): boolean => a.key === b.key && Math.floor(a.at / 10) === Math.floor(b.at / 10)

describe('window join', () => {
  test('pairs what is in the same window; outer sides keep the rest, whatever the data', async () => {
    await fc.assert(
      fc.asyncProperty(items, items, fc.constantFrom('inner', 'left', 'right', 'full'), async (lefts, rights, kind) => {
        const pairs = lefts.flatMap((left) => rights.filter((right) => sameWindow(left, right)).map((right) => text(left, right)))
        const onlyLeft = lefts.filter((left) => !rights.some((right) => sameWindow(left, right))).map((left) => text(left, null))
        const onlyRight = rights.filter((right) => !lefts.some((left) => sameWindow(left, right))).map((right) => text(null, right))
        const expected = [...pairs, ...(kind === 'left' || kind === 'full' ? onlyLeft : []), ...(kind === 'right' || kind === 'full' ? onlyRight : [])]
        expect(await joined(lefts, rights, (join) => join[kind](text as never))).toEqual(expected.toSorted())
      }),
      { numRuns: 40 },
    )
  })

  test('coGroup sees both sides of a window, its key and its times', async () => {
    const lefts = [{ key: 'a', n: 1, at: 1 }, { key: 'a', n: 2, at: 2 }, { key: 'b', n: 3, at: 3 }]
    const rows = await joined(lefts, [{ key: 'a', n: 9, at: 8 }, { key: 'c', n: 8, at: 15 }], (join) =>
      join.coGroup((left, right, { key, window }, output) => output.collect(`${key} ${window.start} [${left.map(({ n }) => n).join()}] [${right.map(({ n }) => n).join()}]`), types.string()),
    )
    expect(rows).toEqual(['a 0 [1,2] [9]', 'b 0 [3] []', 'c 10 [] [8]'])
  })

  test('takes triggers, which see the records', async () => {
    const trigger = Triggers.purging(Triggers.delta(5, (last: Item, next: Item) => next.n - last.n))
    const rows = await joined([{ key: 'a', n: 1, at: 1 }, { key: 'a', n: 10, at: 2 }], [], (join) => join.trigger(trigger).allowedLateness('5ms').left(text))
    expect(rows).toEqual(['1 -', '10 -'])
  })

  test('sends the late records of each side out as they were', async () => {
    const lateLeft = OutputTag.of('late left', Item)
    const lateRight = OutputTag.of('late right', Item)
    const item = (key: string, n: number, time: number) => at(time, { key, n, at: time })
    const pipeline = (input: DataStream<Item>) => {
      const left = input.filter(({ key }) => key === 'a').keyBy(() => 0)
      const right = input.filter(({ key }) => key === 'b').keyBy(() => 0)
      const rows = left.join(right).window(TumblingEventTimeWindows.of('10ms')).sideOutputLeftLateData(lateLeft).sideOutputRightLateData(lateRight).inner(text)
      return { rows, left: rows.getSideOutput(lateLeft), right: rows.getSideOutput(lateRight) }
    }
    const events = [item('a', 1, 1), item('b', 2, 2), watermark(20), item('a', 3, 3), item('b', 4, 4), item('b', 5, 25)]
    const { outputs, timestamps, metric } = await runPipelineResult(pipeline, events)
    expect(outputs).toEqual({ rows: ['1 2'], left: [{ key: 'a', n: 3, at: 3 }], right: [{ key: 'b', n: 4, at: 4 }] })
    expect(timestamps.right).toEqual([4])
    expect(metric('numLateRecordsDropped')).toBe(0)
  })

  test('drops and counts the late records of a side without an output', async () => {
    const lateLeft = OutputTag.of('late left', Item)
    const pipeline = (input: DataStream<Item>) => {
      const rows = input.keyBy('key').join(input.keyBy('key')).window(TumblingEventTimeWindows.of('10ms')).sideOutputLeftLateData(lateLeft).inner(text)
      return { rows, late: rows.getSideOutput(lateLeft) }
    }
    const { outputs, metric } = await runPipelineResult(pipeline, [watermark(20), at(3, { key: 'a', n: 3, at: 3 })])
    expect(outputs).toEqual({ rows: [], late: [{ key: 'a', n: 3, at: 3 }] })
    expect(metric('numLateRecordsDropped')).toBe(1)
  })

  test('is one window operator over both streams in the plan, by a name that says what it does', () => {
    const graph = graphOf((env) => {
      const stream = env.fromData<Item>([], Item).keyBy('key')
      stream.join(env.fromData<Item>([], Item).keyBy((item) => item.key)).window(EventTimeSessionWindows.withGap('1min')).full(text).print()
    })
    expect(graph.nodes.map(({ name }) => name)).toEqual(['source collection', 'source collection', 'join left', 'join right', 'full window join session(gap 60000ms)', 'sink print'])
  })
})

describe('windows over all records', () => {
  const events = [at(1, 1), at(2, 2), at(12, 3), watermark(10), at(13, 4)]

  test('are computed by one subtask and know no key but all', async () => {
    for (const parallelism of [1, 3]) {
      const rows = await runPipeline((numbers: DataStream<number>) => numbers.rebalance().map((n) => n).windowAll(TumblingEventTimeWindows.of('10ms')).aggregate(sum((n: number) => n), (total, key, { start }) => `${key} ${start} ${total}`), events, { parallelism })
      expect(rows).toEqual(['all 0 3', 'all 10 7'])
    }
  })

  test('by count: tumbling, and sliding over the last ones', async () => {
    const numbers = [1, 2, 3, 4, 5].map((n) => at(n, n))
    expect(await runPipeline((stream) => stream.countWindowAll(2).aggregate(collect()), numbers)).toEqual([[1, 2], [3, 4]])
    expect(await runPipeline((stream) => stream.countWindowAll(3, 2).aggregate(collect()), numbers)).toEqual([[1, 2], [2, 3, 4]])
    expect(await runPipeline((stream: DataStream<number>) => stream.keyBy((n) => n % 2).countWindow(2).reduce((a, b) => a + b), numbers)).toEqual([4, 6])
  })
})
