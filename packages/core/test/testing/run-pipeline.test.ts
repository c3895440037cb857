import { describe, expect, test } from 'vitest'
import type { DataStream } from '../../src/api/data-stream.ts'
import { count } from '../../src/functions/aggregates.ts'
import { OutputTag } from '../../src/functions/output-tag.ts'
import { valueState } from '../../src/functions/state-descriptor.ts'
import { TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../../src/functions/window-assigners.ts'
import type { BadRecord } from '../../src/spi/bad-record.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { runPipeline, runPipelineResult } from '../../src/testing/run-pipeline.ts'
import { at, idle, processingTime, watermark } from '../../src/testing/script.ts'
import * as types from '../../src/types/types.ts'

const late = OutputTag.of('late', types.string())
const windowed = (words: DataStream<string>): DataStream<string> =>
  words
    .keyBy((word) => word)
    .window(TumblingEventTimeWindows.of('10ms'))
    .sideOutputLateData(late)
    .aggregate({ n: count() }, ({ n }, word, window) => `${word} ${n} @${window.start}`)

describe('runPipeline', () => {
  test('returns what comes out, in order', async () => {
    const out = await runPipeline((numbers: DataStream<number>) => numbers.map((n) => n * 2), [at(0, 1), at(1, 2), watermark(5), at(6, 3)])
    expect(out).toEqual([2, 4, 6])
  })
  test('watermarks close windows, and the end closes the rest', async () => {
    expect(await runPipeline(windowed, [at(1, 'a'), at(2, 'a'), watermark(9), at(5, 'late'), at(11, 'b')])).toEqual(['a 2 @0', 'b 1 @10'])
  })
  test('an empty input is fine', async () => expect(await runPipeline(windowed, [])).toEqual([]))
  test('takes any parallelism', async () => {
    const events = Array.from({ length: 50 }, (_, i) => at(i, `word${i % 11}`))
    const expected = (await runPipeline(windowed, events)).toSorted()
    expect((await runPipeline(windowed, events, { parallelism: 5 })).toSorted()).toEqual(expected)
  })
  test('processing time passes where the events say so', async () => {
    const perSecond = (words: DataStream<string>): DataStream<string> =>
      words
        .keyBy((word) => word)
        .window(TumblingProcessingTimeWindows.of('1s'))
        .aggregate({ n: count() }, ({ n }, word, window) => `${word} ${n} @${window.start}`)
    const out = await runPipeline(perSecond, [at(0, 'a'), at(0, 'a'), processingTime(999), at(0, 'a'), processingTime(1000), at(0, 'a'), processingTime(86_400_000), at(0, 'b')], { parallelism: 2 })
    expect(out).toEqual(['a 3 @0', 'a 1 @1000', 'b 1 @86400000'])
  })
  test('starts at the processing time given', async () => {
    const out = await runPipeline((words: DataStream<string>) => words.process((context) => ({ processElement: (_word, _timestamp, output) => output.collect(context.now()) }), types.long()), [at(0, 'x')], { startMs: 5000 })
    expect(out).toEqual([5000])
  })
  test('processing-time timers fire once', async () => {
    const reminders = (words: DataStream<string>): DataStream<string> =>
      words.keyBy((word) => word).process((context) => {
        const seen = context.state(valueState('seen', types.long()))
        return {
          processElement() {
            seen.update((seen.value() ?? 0) + 1)
            context.registerProcessingTimeTimer(context.now() + 500)
          },
          onTimer: (timestamp, output, domain) => output.collect(`${domain} ${context.key} ${seen.value()} @${timestamp}`),
        }
      }, types.string())
    expect(await runPipeline(reminders, [at(0, 'a'), at(0, 'a'), processingTime(501), at(0, 'b')])).toEqual(['processing a 2 @500', 'processing b 1 @1001'])
  })
  test('an idle input lets its idle timeout pass', async () => {
    const times = (words: DataStream<string>): DataStream<number> => words.process((context) => ({ processElement: (_word, _timestamp, output) => output.collect(context.now()) }), types.long())
    expect(await runPipeline(times, [at(1, 'a'), at(2, 'b')])).toEqual([0, 0])
    const [before, after] = await runPipeline(times, [at(1, 'a'), idle, at(2, 'b')])
    expect([before, (after ?? 0) > 200]).toEqual([0, true])
  })
  test('rejects with the error of the job', async () => {
    const failing = (numbers: DataStream<number>): DataStream<number> => numbers.map((n) => { if (n === 2) throw new RangeError('two'); return n }).uid('picky')
    await expect(runPipeline(failing, [at(0, 1), at(0, 2)])).rejects.toMatchObject({ code: 'CORE_USER_FUNCTION', origin: 'user', at: { uid: 'picky', record: '2' } })
    await expect(runPipeline((numbers: DataStream<number>) => numbers.keyBy((n) => n as never).reduce((a) => a), [at(0, Number.NaN), at(0, { a: 1 } as never)])).rejects.toMatchObject({ code: expect.stringMatching(/^CORE_/) })
  })
})

describe('runPipelineResult', () => {
  test('returns side outputs, late data, timestamps and metrics', async () => {
    const result = await runPipelineResult((words: DataStream<string>) => {
      const windows = windowed(words)
      return { windows, late: windows.getSideOutput(late) }
    }, [at(1, 'a'), watermark(20), at(2, 'too late'), at(25, 'b')])
    expect(result.outputs).toEqual({ windows: ['a 1 @0', 'b 1 @20'], late: ['too late'] })
    expect(result.timestamps).toEqual({ windows: [9, 29], late: [2] })
    expect(result.job).toMatchObject({ state: 'finished', recordsIn: 3 })
    expect(result.metric('no such metric')).toBe(0)
    expect(result.metric('numRecordsOut')).toBeGreaterThan(0)
  })
  test('dead letters go to the sink of their policy', async () => {
    const dead = collectingSink<BadRecord>()
    const { outputs } = await runPipelineResult(
      (numbers: DataStream<number>) => ({ halves: numbers.map((n) => { if (n % 2 === 1) throw new Error(`${n} is odd`); return n / 2 }).onError({ deadLetter: dead }) }),
      [at(0, 2), at(0, 3), at(0, 4)],
    )
    expect(outputs.halves).toEqual([1, 2])
    expect(dead.values).toMatchObject([{ code: 'CORE_USER_FUNCTION', reason: expect.stringContaining('3 is odd') }])
  })
})
