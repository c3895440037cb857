import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, memoryCheckpointStorage, OutputTag, sum, TumblingEventTimeWindows, TumblingProcessingTimeWindows, types, valueState, type DataStream, type KeyedOpenContext } from '@millrace/core'
import type { BadRecord } from '@millrace/core/spi'
import { at, checkpoint, collectingSink, crash, end, forAllStreams, keyedProcessHarness, processingTime, runPipeline, runPipelineResult, runTestJob, scriptedSource, testJob, watermark } from '@millrace/core/testing'

/** The suite of a small job as a user would write it, for `ten-tests.test.ts` to time. */

interface Order {
  readonly shop: string
  readonly amount: number
}
const tooLate = OutputTag.of('too-late', types.row({ shop: types.string(), amount: types.long() }))
const revenue = (orders: DataStream<Order>) => orders.keyBy('shop').window(TumblingEventTimeWindows.of('1min')).sideOutputLateData(tooLate).aggregate(sum(({ amount }) => amount), (total, shop) => `${shop} ${total}`)
const opened = valueState('opened', types.long())
const firstOrder = (context: KeyedOpenContext<string>) => {
  const seen = context.state(opened)
  return {
    processElement(_order: Order, timestamp: number, output: { collect(value: string): void }) {
      if (seen.value() === undefined) output.collect(context.key)
      seen.update(timestamp)
    },
  }
}
const order = (shop: string, amount: number): Order => ({ shop, amount })

void test('windows', async () => assert.deepEqual(await runPipeline(revenue, [at(0, order('a', 1)), at(1, order('a', 2)), at(60_000, order('a', 4))]), ['a 3', 'a 4']))

void test('at another parallelism', async () => {
  const events = Array.from({ length: 200 }, (_, index) => at(index * 1000, order(`shop ${index % 7}`, index)))
  assert.deepEqual((await runPipeline(revenue, events, { parallelism: 4 })).toSorted(), (await runPipeline(revenue, events)).toSorted())
})

void test('late records', async () => {
  const { outputs } = await runPipelineResult((orders: DataStream<Order>) => ({ late: revenue(orders).getSideOutput(tooLate) }), [watermark(60_000), at(5, order('a', 1))])
  assert.deepEqual(outputs.late, [order('a', 1)])
})

void test('processing time', async () => {
  const perSecond = (orders: DataStream<Order>) => orders.keyBy('shop').window(TumblingProcessingTimeWindows.of('1s')).aggregate(count())
  assert.deepEqual(await runPipeline(perSecond, [at(0, order('a', 1)), at(0, order('a', 1)), processingTime(1_500), at(0, order('a', 1))]), [2, 1])
})

void test('dead letters', async () => {
  const dead = collectingSink<BadRecord>()
  const parse = (lines: DataStream<string>) => lines.map((line) => JSON.parse(line) as number).onError({ deadLetter: dead })
  assert.deepEqual(await runPipeline(parse, [at(0, '1'), at(0, 'x')]), [1])
  assert.equal(dead.values.length, 1)
})

void test('metrics', async () => {
  const { metric, job } = await runPipelineResult((orders: DataStream<Order>) => ({ out: revenue(orders) }), [watermark(60_000), at(5, order('a', 1))])
  assert.deepEqual([metric('numLateRecordsDropped'), job.recordsIn], [1, 1])
})

void test('a function, its state', async () => {
  await using harness = await keyedProcessHarness(firstOrder, ({ shop }) => shop)
  harness.element(order('a', 1), 1)
  harness.element(order('a', 2), 2)
  assert.deepEqual([harness.outputs(), harness.state('a', opened).value()], [['a'], 2])
})

void test('exactly once over a crash', async () => {
  const sink = collectingSink<number>()
  await runTestJob((env) => env.fromSource(scriptedSource([1, checkpoint, 2, crash, 3, end])).sinkTo(sink), { checkpoints: { interval: '10ms' } })
  assert.deepEqual(sink.values, [1, 2, 3])
})

void test('rescaling', async () => {
  const sink = collectingSink<number>()
  await using job = await testJob((env) => env.fromSource(scriptedSource([1, 2], [3]), undefined, { uid: 'numbers' }).keyBy((n) => n).reduce((a, b) => a + b).uid('sums').sinkTo(sink, { uid: 'sink' }), {
    checkpoints: { storage: memoryCheckpointStorage(), interval: '20ms' },
  })
  await job.until(() => job.client.status().recordsIn === 3)
  await job.rescale(3)
  assert.equal(sink.values.length, 3)
})

void test('a property', async () => {
  await forAllStreams({ value: ({ key, index }) => order(key, index), length: 40, outOfOrderMs: 30_000 }, async (events) => {
    const total = (await runPipeline(revenue, events)).reduce((all, row) => all + Number(row.split(' ')[1]), 0)
    assert.equal(total, (39 * 40) / 2)
  }, { runs: 20 })
})

process.on('exit', () => {
  const { userCPUTime, systemCPUTime } = process.resourceUsage()
  process.stdout.write(`${Math.round((userCPUTime + systemCPUTime) / 1000)} ms of CPU, ${Math.round(performance.now())} ms in all\n`)
})
