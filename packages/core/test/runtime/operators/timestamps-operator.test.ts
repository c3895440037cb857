import { expect, it } from 'vitest'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import type { OperatorSpec } from '../../../src/graph/operator-spec.ts'
import type { TimestampsOperator } from '../../../src/runtime/operators/timestamps-operator.ts'
import { createOperatorHarness, type HarnessOptions } from '../../../src/testing/operator-harness.ts'

const MAX = Number.MAX_SAFE_INTEGER

async function open(watermarks: WatermarkStrategy<number>, options: HarnessOptions = {}) {
  const harness = await createOperatorHarness({ kind: 'timestamps', watermarks: watermarks as never } satisfies OperatorSpec, options)
  return { harness, tick: (now: number) => (harness.operator as TimestampsOperator).emitPeriodicWatermark(now) }
}

it('replaces timestamps and watermarks, but for the last one', async () => {
  const { harness, tick } = await open(WatermarkStrategy.forBoundedOutOfOrderness<number>('5ms', (value) => value * 10))
  harness.element(3, 999)
  harness.watermark(500)
  tick(1)
  harness.element(2, 999)
  tick(2)
  harness.watermark(MAX)
  expect(harness.output).toEqual([
    { kind: 'record', value: 3, timestamp: 30 },
    { kind: 'watermark', timestamp: 24 },
    { kind: 'record', value: 2, timestamp: 20 },
    { kind: 'watermark', timestamp: MAX },
  ])
  await harness.close()
})

it('becomes idle after its timeout and active with the next record; upstream idleness passes through', async () => {
  const { harness, tick } = await open(WatermarkStrategy.forMonotonousTimestamps<number>().withIdleness('100ms'))
  harness.element(1, 1)
  for (const now of [0, 50, 149, 150]) tick(now)
  harness.element(2, 2)
  harness.status(true)
  harness.status(true)
  harness.status(false)
  expect(harness.output.filter((event) => event.kind === 'status').map(({ idle }) => idle)).toEqual([true, false, true, false])
  await harness.close()
})

it('keeps the state of its generator over a restore', async () => {
  const strategy = WatermarkStrategy.forMonotonousTimestamps<number>()
  const first = await open(strategy)
  first.harness.element(1, 70)
  const restore = [await first.harness.snapshot()]
  const second = await open(strategy, { restore })
  second.harness.element(1, 10)
  second.tick(1)
  expect(second.harness.watermarks()).toEqual([69])
  await first.harness.close()
  await second.harness.close()
})

it('says which record has a timestamp that is none', async () => {
  const { harness } = await open(WatermarkStrategy.forMonotonousTimestamps<number>(() => '2001-01-01' as never))
  expect(() => harness.element(1, 0)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TIMESTAMP', message: expect.stringContaining('"2001-01-01"'), at: expect.objectContaining({ record: '1' }) }))
  await harness.close(true)
})
