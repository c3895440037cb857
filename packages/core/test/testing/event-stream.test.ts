import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DataStream } from '../../src/api/data-stream.ts'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { eventStream, type EventContext, type EventStreamOptions } from '../../src/testing/event-stream.ts'
import { forAllStreams } from '../../src/testing/for-all-streams.ts'
import { runPipelineResult } from '../../src/testing/run-pipeline.ts'
import { idle, type ScriptEvent, type Timed } from '../../src/testing/script.ts'

const value = ({ index, key, timestamp }: EventContext) => ({ index, key, timestamp })
type Value = ReturnType<typeof value>
const stream = (options: Partial<EventStreamOptions<Value>> = {}) => eventStream({ seed: 1, value, ...options })
const recordsIn = (events: readonly ScriptEvent<Value>[]): readonly Timed<Value>[] => events.filter((event): event is Timed<Value> => 'at' in event)
/** How many records come behind a watermark that has passed them. */
const lateIn = (events: readonly ScriptEvent<Value>[]): number => {
  let passed = Number.NEGATIVE_INFINITY
  let late = 0
  for (const event of events) {
    if ('watermark' in event) {
      expect(event.watermark).toBeGreaterThan(passed)
      passed = event.watermark
    } else if ('at' in event && event.at <= passed) late++
  }
  return late
}
const countPerMinute = (input: DataStream<Value>) => ({
  counts: input.keyBy('key').window(TumblingEventTimeWindows.of('1min')).aggregate({ n: count() }, ({ n }, key, { start }) => `${key} ${start} ${n}`),
})

describe('eventStream', () => {
  test('is the same for the same seed, and another for another', () => {
    const options = { outOfOrderMs: 5_000, late: 0.1, skew: 1, idle: 0.1 }
    expect(stream(options)).toEqual(stream(options))
    expect(stream(options)).not.toEqual(stream({ ...options, seed: 2 }))
  })

  test('has the length asked for; in order and never late unless asked for, whatever the rest', () => {
    const options = fc.record({ seed: fc.integer(), length: fc.nat(80), gapMs: fc.nat(2_000), outOfOrderMs: fc.nat(20_000), watermarkEvery: fc.nat(10), startMs: fc.integer({ min: -1e12, max: 1e12 }) })
    fc.assert(
      fc.property(options, (each) => {
        const events = stream(each)
        expect(recordsIn(events)).toHaveLength(each.length)
        expect(lateIn(events)).toBe(0)
        if (each.outOfOrderMs === 0) expect(recordsIn(events).map((event) => event.at)).toEqual(recordsIn(events).map((event) => event.at).toSorted((a, b) => a - b))
      }),
    )
  })

  test('out of order: records come before older ones, by no more than said', () => {
    const times = recordsIn(stream({ outOfOrderMs: 5_000, length: 300 })).map((event) => event.at)
    const displaced = times.map((time, index) => Math.max(0, ...times.slice(0, index).map((before) => before - time)))
    expect(Math.max(...displaced)).toBeGreaterThan(1_000)
    expect(Math.max(...displaced)).toBeLessThanOrEqual(5_000)
  })

  test('late, idle, skewed: about the share asked for', () => {
    const late = lateIn(stream({ late: 0.2, length: 500 }))
    expect(late).toBeGreaterThan(60)
    expect(late).toBeLessThan(140)
    expect(stream({ idle: 0.1, length: 500 }).filter((event) => event === idle).length).toBeGreaterThan(25)
    const counts = (skew: number): number[] => ['key0', 'key1', 'key2', 'key3', 'key4'].map((key) => recordsIn(stream({ skew, length: 1_000 })).filter((event) => event.value.key === key).length)
    expect(Math.min(...counts(0))).toBeGreaterThan(150)
    const [first = 0, , , , last = 0] = counts(1)
    expect(first / last).toBeGreaterThan(3)
    expect(recordsIn(stream({ keys: ['x'] })).every((event) => event.value.key === 'x')).toBe(true)
    expect(() => stream({ keys: 0 })).toThrow(expect.objectContaining({ code: 'CORE_TEST_NO_KEYS' }))
  })
})

describe('forAllStreams', () => {
  test('passes where the property holds: every record is counted once or late', async () => {
    await forAllStreams(
      { value, length: 40, outOfOrderMs: 60_000, late: 0.1, gapMs: 20_000, idle: 0.05 },
      async (events) => {
        const { outputs, job } = await runPipelineResult(countPerMinute, events)
        const counted = outputs.counts.reduce((sum, row) => sum + Number(row.split(' ')[2]), 0)
        expect(counted + job.recordsLate).toBe(recordsIn(events).length)
      },
      { runs: 15 },
    )
  })

  test('makes a failing stream as small as it can, and tells its seed', async () => {
    // wrong for late records only: one record, a watermark behind it and a late one are enough to see it
    const broken = forAllStreams({ value, length: 60, late: 0.2 }, async (events) => {
      const { outputs } = await runPipelineResult(countPerMinute, events)
      expect(outputs.counts.reduce((sum, row) => sum + Number(row.split(' ')[2]), 0)).toBe(recordsIn(events).length)
    })
    await expect(broken).rejects.toMatchObject({ code: 'CORE_TEST_PROPERTY', message: expect.stringMatching(/^the property fails with seed \d+, for 2 of \d+ events:\n {2}watermark\(\d+\)\n {2}at\(-?\d+, \{.*\}\)\n/) })
  })

  test('options may depend on the seed; a synchronous property may throw', async () => {
    const lengths: number[] = []
    await expect(
      forAllStreams((seed) => ({ value, length: seed }), (events) => {
        lengths.push(recordsIn(events).length)
        if (recordsIn(events).length >= 3) throw new Error('three')
      }),
    ).rejects.toMatchObject({ message: expect.stringMatching(/seed 3, for 3 of/) })
    expect(lengths.slice(0, 3)).toEqual([1, 2, 3])
  })
})
