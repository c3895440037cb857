import fc from 'fast-check'
import { expect, test } from 'vitest'
import { count, max, sum } from '../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { SlidingEventTimeWindows, TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { at, checkpoint, collectingSink, crash, end, runTestJob, scriptedSource, watermark } from '../../src/testing/index.ts'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { ScriptEvent } from '../../src/testing/index.ts'

interface Outcome {
  readonly results: readonly string[]
  readonly late: number
}

const ASSIGNERS = [TumblingEventTimeWindows.of('10ms'), TumblingEventTimeWindows.of('10ms', { offset: '3ms' }), SlidingEventTimeWindows.of('12ms', '4ms'), SlidingEventTimeWindows.of('10ms', '4ms')]

async function run(scripts: readonly (readonly ScriptEvent<number>[])[], assigner: number, combiners: boolean): Promise<Outcome> {
  const sink = collectingSink<string>()
  const result = await runTestJob(
    (env) => {
      env
        .fromSource(scriptedSource(...scripts.map((script) => [...script, end])), WatermarkStrategy.fromSource())
        .setParallelism(scripts.length)
        .keyBy((n) => n % 3)
        .window(ASSIGNERS[assigner] ?? TumblingEventTimeWindows.of('1ms'))
        .aggregate({ n: count(), total: sum((n) => n), greatest: max((n) => n) }, (row, key, window) => `${window.start} ${key}: ${JSON.stringify(row)}`)
        .sinkTo(sink)
    },
    { parallelism: 2, optimizer: { combiners }, checkpoints: { storage: memoryCheckpointStorage(), interval: '2ms' }, restart: { kind: 'fixedDelay', attempts: 3, delay: '1ms' } },
  )
  return { results: sink.values.toSorted(), late: result.recordsLate }
}

const record = fc.tuple(fc.nat(60), fc.nat(20)).map(([time, value]) => at(time, value))
const rising = fc.nat(60).map((time) => watermark(time))
const script = fc.array(fc.oneof({ weight: 6, arbitrary: record }, { weight: 1, arbitrary: rising }), { maxLength: 30 })
const assigner = fc.nat(ASSIGNERS.length - 1)

test('windows and the count of late records are the same with a combiner', async () => {
  await fc.assert(
    fc.asyncProperty(script, assigner, async (events, window) => {
      expect(await run([events], window, true)).toEqual(await run([events], window, false))
    }),
    { numRuns: 60 },
  )
})

test('also for several producers, where no record is behind the watermark of its own', async () => {
  const inOrder = script.map((events) => events.toSorted((a, b) => timeOf(a) - timeOf(b)))
  await fc.assert(
    fc.asyncProperty(inOrder, inOrder, assigner, async (first, second, window) => {
      const combined = await run([first, second], window, true)
      expect(combined).toEqual(await run([first, second], window, false))
      expect(combined.late).toBe(0)
    }),
    { numRuns: 30 },
  )
})

test('also through checkpoints and crashes', async () => {
  const faulty = fc.array(fc.oneof({ weight: 8, arbitrary: record }, { weight: 1, arbitrary: rising }, { weight: 1, arbitrary: fc.constant(checkpoint) }), { minLength: 5, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(faulty, fc.nat(30), assigner, async (events, place, window) => {
      const crashing = events.toSpliced(place, 0, crash)
      const { results } = await run([crashing], window, true)
      expect(results).toEqual((await run([events], window, false)).results)
    }),
    { numRuns: 30 },
  )
})

/** A watermark comes before the records that are after it. */
function timeOf(event: ScriptEvent<number>): number {
  if ('at' in event) return event.at
  return 'watermark' in event ? event.watermark + 0.5 : 0
}
