import { describe, expect, test } from 'vitest'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import type { DataStream } from '../../../src/api/data-stream.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, crash, end, idle, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSourceWith } from '../../../src/testing/scripted-source.ts'
import { runTestJob, type TestJob, testJob } from '../../../src/testing/test-job.ts'
import type { TestClock } from '../../../src/testing/test-clock.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import * as types from '../../../src/types/types.ts'

const windowed = (stream: DataStream<string>): DataStream<string> =>
  stream
    .keyBy(() => 0)
    .window(TumblingEventTimeWindows.of('10ms'))
    .aggregate({ n: count() }, ({ n }, _key, window) => `${window.start}: ${n}`)
const visible = (): CollectingSink<string> => collectingSink<string>({ guarantee: 'atLeastOnce' })

describe('event time of a task', () => {
  const start = (clock: TestClock, sink: CollectingSink<string>, ...scripts: Script<string>[]): Promise<TestJob> =>
    testJob(
      (env) => {
        const source = (script: Script<string>): DataStream<string> =>
          env.fromSource(scriptedSourceWith<string>({ clock }, [script]), WatermarkStrategy.fromSource<string>().withIdleness(script.includes(idle) ? '1ms' : '0ms'))
        const [first, ...others] = scripts.map(source) as [DataStream<string>, ...DataStream<string>[]]
        windowed(first.union(...others)).sinkTo(sink)
      },
      { clock, turnMs: 0, parallelism: 1 },
    )
  const played = async (job: TestJob, records: number): Promise<void> => {
    await job.until(() => job.client.status().recordsIn === records)
    await job.clock.advance(1000)
  }

  test('is that of its slowest input', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), watermark(50)], [at(2, 'b'), watermark(5)])
    await played(job, 2)
    expect(sink.values).toEqual([])
    await job.cancel()
  })
  test('is not held back by an idle input', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), watermark(50)], [at(2, 'b'), watermark(5), idle])
    await played(job, 2)
    expect(sink.values).toEqual(['0: 2'])
    await job.cancel()
  })
  test('is held back again once the idle input has a record', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), watermark(5), idle, at(11, 'late start'), watermark(12)], [at(2, 'b'), watermark(9), at(13, 'c')])
    await played(job, 4)
    expect(sink.values).toEqual(['0: 2'])
    await job.cancel()
  })
  test('is not held back by an input that has ended', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), end], [at(2, 'b'), watermark(9)])
    await played(job, 2)
    expect(sink.values).toEqual(['0: 2'])
    await job.cancel()
  })
  test('does not end while an input is only idle', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), end], [at(2, 'b'), watermark(3), idle])
    await played(job, 2)
    expect(sink.values).toEqual([])
    await job.cancel()
  })
  test('ends when all inputs have ended', async () => {
    const sink = visible()
    const job = await start(createVirtualClock(), sink, [at(1, 'a'), end], [at(2, 'b'), watermark(3), at(15, 'c'), end])
    await job.finish()
    expect(sink.values).toEqual(['0: 2', '10: 1'])
  })
})

describe('splits of one source', () => {
  test('have watermarks of their own', async () => {
    const sink = visible()
    const clock = createVirtualClock()
    const source = scriptedSourceWith<string>({ clock }, [[at(1, 'a'), watermark(50)], [at(2, 'b'), watermark(5), at(60, 'c'), watermark(20)]])
    const job = await testJob((env) => windowed(env.fromSource(source, WatermarkStrategy.fromSource())).sinkTo(sink), { clock, turnMs: 0 })
    await job.until(() => sink.values.length === 1)
    await clock.advance(1000)
    expect(sink.values).toEqual(['0: 2'])
    await job.cancel()
  })
})

describe('two inputs of one operator', () => {
  /** Waits with the letters until the numbers have ended. */
  const join = (env: StreamExecutionEnvironment, sink: CollectingSink<string>, numbers: Script<number>, letters: Script<string>): void => {
    const first = env.fromSource(scriptedSourceWith<number>({}, [numbers]), undefined, { uid: 'numbers', parallelism: 1 }).keyBy(() => 'all')
    const second = env.fromSource(scriptedSourceWith<string>({}, [letters]), undefined, { uid: 'letters', parallelism: 1 }).keyBy(() => 'all')
    first
      .connect(second)
      .process<string>(() => {
        return {
          processElement1: (n, _timestamp, output) => output.collect(String(n)),
          processElement2: (letter, _timestamp, output) => output.collect(letter),
          endInput: (input, output) => output.collect(`end ${input}`),
          finish: (output) => output.collect('finish'),
        }
      }, types.string())
      .uid('join')
      .sinkTo(sink, { uid: 'sink' })
  }
  test('end one by one, then the operator finishes', async () => {
    const sink = visible()
    await runTestJob((env) => join(env, sink, [1, 2, end], ['a', 'b', 'c', 'd', 'e', 'f', end]))
    expect(sink.values.filter((line) => /^(1|2|end 0)$/.test(line))).toEqual(['1', '2', 'end 0'])
    expect(sink.values.filter((line) => /^([a-f]|end 1)$/.test(line))).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'end 1'])
    expect(sink.values.at(-1)).toBe('finish')
    expect(sink.values.length).toBe(11)
  })
  test('exactly once over crashes on both sides', async () => {
    const sink = collectingSink<string>()
    const numbers = Array.from({ length: 50 }, (_, n) => n)
    const result = await runTestJob(
      (env) => join(env, sink, [...numbers, checkpoint, 50, 51, crash, 52, end], ['a', crash, ...numbers.map((n) => `L${n}`), checkpoint, 'z', crash, end]),
      { checkpoints: { interval: '3ms' }, parallelism: 2 },
    )
    expect(result.numRestarts).toBe(3)
    expect(sink.values.filter((line) => /^\d+$/.test(line)).map(Number)).toEqual(Array.from({ length: 53 }, (_, n) => n))
    expect(sink.values.filter((line) => /^[a-zL]/.test(line) && !line.startsWith('end') && line !== 'finish')).toEqual(['a', ...numbers.map((n) => `L${n}`), 'z'])
  })
})
