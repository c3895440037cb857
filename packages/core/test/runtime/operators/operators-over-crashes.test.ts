import { expect, test } from 'vitest'
import type { DataStream } from '../../../src/api/data-stream.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { topN } from '../../../src/functions/aggregates-top-n.ts'
import { collect } from '../../../src/functions/aggregates-collect.ts'
import { Evictors } from '../../../src/functions/evictors.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, crash, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { runTestJob } from '../../../src/testing/test-job.ts'

interface Item {
  readonly key: number
  readonly n: number
}

const range = (to: number): number[] => Array.from({ length: to }, (_, i) => i)

/** Numbers at the times they name, with crashes and waits for checkpoints thrown in. */
function crashing(count: number, seed: number): Script<Item> {
  const random = seededRandom(seed)
  const events = range(count).flatMap((n) => [at(n, { key: n % 5, n }), watermark(n - 3), ...(random() < 0.03 ? [crash] : []), ...(random() < 0.06 ? [checkpoint] : [])])
  return [...events, end]
}

/** Runs a pipeline of two inputs once as it is and with crashes, which must not make a difference. */
async function compare(pipeline: (left: DataStream<Item>, right: DataStream<Item>) => DataStream<unknown>, seed: number): Promise<readonly unknown[]> {
  const run = async (calm: boolean): Promise<readonly unknown[]> => {
    const sink = collectingSink<unknown>()
    const script = (index: number): Script<Item> => crashing(80, seed * 10 + index).filter((event) => !calm || (event !== crash && event !== checkpoint))
    const result = await runTestJob(
      (env) => {
        const source = (index: number): DataStream<Item> => env.fromSource(scriptedSource<Item>(script(index)), WatermarkStrategy.fromSource())
        pipeline(source(0), source(1)).sinkTo(sink)
      },
      { parallelism: calm ? 1 : 3, checkpoints: { interval: '5ms' }, seed },
    )
    expect(result.numRestarts > 0).toBe(!calm)
    return sink.values.map((value) => JSON.stringify(value)).sort()
  }
  const expected = await run(true)
  expect(await run(false)).toEqual(expected)
  return expected
}

test.each([1, 2])('interval join, seed %i', async (seed) => {
  const rows = await compare(
    (left, right) =>
      left
        .filter(({ n }) => n % 3 !== 0)
        .keyBy('key')
        .intervalJoin(right.filter(({ n }) => n % 40 > 19).keyBy('key'))
        .between('-5ms', '10ms', { upperExclusive: true })
        .full((a, b) => [a?.n ?? null, b?.n ?? null]),
    seed,
  )
  const lefts = range(80).filter((n) => n % 3 !== 0)
  const rights = range(80).filter((n) => n % 40 > 19)
  const pairs = lefts.flatMap((a) => rights.filter((b) => a % 5 === b % 5 && b - a >= -5 && b - a < 10).map((b) => [a, b]))
  const lonely = [
    ...lefts.filter((a) => !pairs.some(([left]) => left === a)).map((a) => [a, null]),
    ...rights.filter((b) => !pairs.some(([, right]) => right === b)).map((b) => [null, b]),
  ]
  expect(lonely.length).toBeGreaterThan(0)
  expect(rows).toEqual([...pairs, ...lonely].map((row) => JSON.stringify(row)).sort())
})

test.each([1, 2])('window join and windows with evictors, seed %i', async (seed) => {
  const rows = await compare((left, right) => left.keyBy('key').join(right.keyBy('key')).window(TumblingEventTimeWindows.of('20ms')).full((a, b) => [a?.n, b?.n]), seed)
  expect(rows).toHaveLength(5 * 4 * 4 * 4)
  const newest = await compare((left, right) => left.union(right).keyBy('key').window(TumblingEventTimeWindows.of('20ms')).evictor(Evictors.time('6ms')).aggregate(collect(), (all, key) => [key, all.map(({ n }) => n).toSorted()]), seed)
  expect(newest).toHaveLength(20)
})

test.each([1, 2])('async map over crashes, ordered and not, seed %i', async (seed) => {
  const slowly = async (item: Item): Promise<Item> => {
    for (let turns = item.n % 4; turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve))
    return item
  }
  for (const ordered of [true, false]) {
    const rows = await compare((left, right) => left.union(right).asyncMap(slowly, { ordered, capacity: 5, timeout: '1h' }).keyBy('key').window(TumblingEventTimeWindows.of('20ms')).aggregate(count(), (n, key, { start }) => [key, start, n]), seed)
    expect(rows).toEqual(range(5).flatMap((key) => range(4).map((window) => JSON.stringify([key, window * 20, 8]))).sort())
  }
})

test.each([1, 2])('deduplicate, partitions and top n, seed %i', async (seed) => {
  const rows = await compare(
    (left, right) => {
      const first = left.keyBy('n').deduplicate().map(({ n }) => ['first', n] as const)
      const top = right.keyBy('key').window(TumblingEventTimeWindows.of('50ms')).aggregate(topN(2, ({ n }) => n), (best, key) => ['top', key, ...best.map(({ n }) => n)] as const)
      const all = left.connect(right).map(({ n }) => n, ({ n }) => n).keyBy((n) => n).deduplicate().global().fullWindowPartition().reduce((a, b) => a + b)
      return first.union(top).union(all)
    },
    seed,
  )
  expect(rows).toHaveLength(80 + 10 + 1)
  expect(rows).toContain('3160')
})

test.each([1, 2])('timestamps made in the middle, staggered windows, a rate limit, seed %i', async (seed) => {
  const rows = await compare((left, right) => {
    const timed = (stream: DataStream<Item>): DataStream<Item> => stream.map((item) => item).assignTimestampsAndWatermarks(WatermarkStrategy.forMonotonousTimestamps(({ n }) => n))
    return timed(left).union(timed(right)).keyBy('key').window(TumblingEventTimeWindows.of('20ms')).aggregate(count(), (n, key, { start }) => [key, start, n])
  }, seed)
  expect(rows).toEqual(range(5).flatMap((key) => range(4).map((window) => JSON.stringify([key, window * 20, 8]))).sort())
  const staggered = await compare(
    (left, right) => left.union(right).rateLimit(2_000).keyBy('key').window(TumblingEventTimeWindows.of('20ms', { stagger: 'random' })).aggregate(count(), (n, key, { start }) => [key, start, n]),
    seed,
  )
  expect(staggered.reduce<number>((sum, row) => sum + (JSON.parse(String(row)) as [number, number, number])[2], 0)).toBe(160)
})
