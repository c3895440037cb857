import { describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import type { RunOptions } from '../../../src/environment/run-options.ts'
import { MillraceError } from '../../../src/errors.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { EventTimeSessionWindows, SlidingEventTimeWindows, TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { valueState } from '../../../src/functions/state-descriptor.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, crash, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

const checkpoints = { interval: '5ms' } as const
const fixed = (attempts: number): RunOptions => ({ restart: { kind: 'fixedDelay', attempts, delay: '1s' } })

/** Numbers with crashes and waits for checkpoints thrown in. */
function crashing(numbers: readonly number[], seed: number): Script<number> {
  const random = seededRandom(seed)
  return [...numbers.flatMap((n) => [n, ...(random() < 0.02 ? [crash] : []), ...(random() < 0.05 ? [checkpoint] : [])]), end]
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

describe('exactly once', () => {
  test.each([1, 2, 3, 4, 5, 6])('state, shuffle and output over crashes at any place, seed %i', async (seed) => {
    const sink = collectingSink<string>()
    const source = scriptedSource<number>(crashing(range(0, 100), seed), crashing(range(100, 200), seed + 100), crashing(range(200, 300), seed + 200))
    const result = await runTestJob(
      (env) =>
        env
          .fromSource(source)
          .keyBy((n) => n % 10)
          .process((context) => {
            const seen = context.state(valueState('seen', types.long()))
            return {
              processElement(_n, _timestamp, output) {
                seen.update((seen.value() ?? 0) + 1)
                output.collect(`${context.key}: ${seen.value()}`)
              },
            }
          }, types.string())
          .sinkTo(sink),
      { parallelism: 3, checkpoints, seed },
    )
    expect(sink.values.toSorted()).toEqual(range(0, 10).flatMap((key) => range(1, 31).map((seen) => `${key}: ${seen}`)).sort())
    expect(result.numRestarts).toBeGreaterThan(0)
  })
  test.each([1, 2, 3, 4])('windows over crashes at any place, seed %i', async (seed) => {
    const sink = collectingSink<string>()
    const timed = (from: number): Script<number> =>
      crashing(range(from, from + 100), seed + from).flatMap((event) => (typeof event === 'number' ? [at(event % 100, event), ...(event % 7 === 0 ? [watermark((event % 100) - 1)] : [])] : [event]))
    const result = await runTestJob(
      (env) => {
        const keyed = env.fromSource(scriptedSource<number>(timed(0), timed(100), timed(200)), WatermarkStrategy.fromSource()).keyBy((n) => n % 5)
        keyed.window(TumblingEventTimeWindows.of('20ms')).aggregate({ n: count() }, ({ n }, key, window) => `tumbling ${key} ${window.start} ${n}`).sinkTo(sink)
        keyed.window(SlidingEventTimeWindows.of('20ms', '10ms')).aggregate({ n: count() }, ({ n }, key, window) => `sliding ${key} ${window.start} ${n}`).sinkTo(sink)
        keyed.window(EventTimeSessionWindows.withGap('30ms')).aggregate({ n: count() }, ({ n }, key) => `session ${key} ${n}`).sinkTo(sink)
      },
      { parallelism: 3, checkpoints, seed, optimizer: { codeGeneration: seed % 2 === 0 } },
    )
    const windows = (kind: string, starts: readonly number[]): string[] =>
      range(0, 5).flatMap((key) => starts.map((start) => `${kind} ${key} ${start} ${3 * range(Math.max(0, start), Math.min(100, start + 20)).filter((n) => n % 5 === key).length}`))
    const sessions = range(0, 5).map((key) => `session ${key} 60`)
    expect(sink.values.toSorted()).toEqual([...windows('tumbling', [0, 20, 40, 60, 80]), ...windows('sliding', range(-1, 10).map((n) => n * 10)), ...sessions].sort())
    expect(result.numRestarts).toBeGreaterThan(0)
  })
  test('operator state of a non-keyed function', async () => {
    const sink = collectingSink<number>()
    await runTestJob(
      (env) =>
        env
          .fromSource(scriptedSource<number>(crashing(range(0, 100), 3)))
          .process((context) => {
            const total = context.operatorState('total', types.long())
            return {
              processElement(n, _timestamp, output) {
                total.update([(total.get()[0] ?? 0) + n])
                if (n === 99) output.collect(total.get()[0] as number)
              },
            }
          }, types.long())
          .sinkTo(sink),
      { checkpoints },
    )
    expect(sink.values).toEqual([4950])
  })
})

describe('at least once', () => {
  test('loses nothing, and blocks no channel', async () => {
    const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
    const source = scriptedSource<number>(crashing(range(0, 100), 1), crashing(range(100, 200), 2))
    const result = await runTestJob((env) => env.fromSource(source).rebalance().map((n) => n).rebalance().sinkTo(sink), {
      parallelism: 2,
      checkpoints: { ...checkpoints, mode: 'atLeastOnce' },
    })
    expect(result.numRestarts).toBeGreaterThan(0)
    expect([...new Set(sink.values)].sort((a, b) => a - b)).toEqual(range(0, 200))
    expect(sink.values.length).toBeGreaterThan(200)
  })
})

describe('restart strategies', () => {
  const crashes = (times: number): ((env: StreamExecutionEnvironment) => void) => {
    const source = scriptedSource<number>([1, ...Array.from({ length: times }, () => crash), 2, end])
    return (env) => env.fromSource(source).sinkTo(collectingSink())
  }
  test('without checkpoints the first failure ends the job', async () => {
    const job = await testJob(crashes(1))
    await expect(job.finish()).rejects.toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
    expect(job.client.status()).toMatchObject({ state: 'failed', numRestarts: 0, failure: { code: 'CORE_SCRIPTED_CRASH' } })
  })
  test('fixed delay waits between attempts, and gives up after the last', async () => {
    const job = await testJob(crashes(2), { ...fixed(2), turnMs: 0 })
    expect((await job.finish()).numRestarts).toBe(2)
    expect(job.clock.now()).toBe(2000)
    await expect(runTestJob(crashes(3), fixed(2))).rejects.toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
  })
  test('exponential delay is the default with checkpoints', async () => {
    const job = await testJob(crashes(3), { checkpoints: { interval: '1h' }, turnMs: 0 })
    expect((await job.finish()).numRestarts).toBe(3)
    // 1000 + 1500 + 2250, each with up to 10 % of jitter
    expect(job.clock.now()).toBeGreaterThan(4275)
    expect(job.clock.now()).toBeLessThan(5225)
  })
  test('while it waits, the status says why', async () => {
    const job = await testJob(crashes(1), fixed(1))
    await job.until(() => job.client.status().state === 'restarting')
    expect(job.client.status().failure).toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
    expect(await job.finish()).toMatchObject({ state: 'finished', numRestarts: 1 })
    expect(job.client.status().failure).toBeUndefined()
  })
  test('a job is canceled while it waits', async () => {
    const job = await testJob(crashes(1), fixed(1))
    await job.until(() => job.client.status().state === 'restarting')
    await job.cancel()
    expect(await job.client.done).toMatchObject({ state: 'canceled', numRestarts: 0 })
  })
})

describe('user functions that throw', () => {
  const failing = (fails: (attempt: number) => boolean): ((env: StreamExecutionEnvironment) => void) => {
    let attempt = 0
    const sink = collectingSink<unknown>()
    return (env) =>
      env
        .fromSource(scriptedSource<number>([1, 2, checkpoint, 3, 4, end]))
        .keyBy((n) => n % 2)
        .aggregate({ n: count() })
        .map((row) => {
          if (row.n === 2 && fails(++attempt)) throw new RangeError('no twos')
          return row
        })
        .name('picky')
        .uid('picky')
        .sinkTo(sink)
  }
  test('once: the job restarts and the result is exact', async () => {
    const sink = collectingSink<number>()
    let failed = false
    const result = await runTestJob(
      (env) =>
        env.fromSource(scriptedSource<number>([...range(0, 20), checkpoint, ...range(20, 40), end])).map((n) => {
          if (n === 30 && !failed) {
            failed = true
            throw new Error('once')
          }
          return n
        }).sinkTo(sink),
      { checkpoints },
    )
    expect(sink.values).toEqual(range(0, 40))
    expect(result.numRestarts).toBe(1)
  })
  test('at the same record again: the job stops, naming operator and record', async () => {
    const job = await testJob(failing(() => true), { checkpoints })
    const error = await job.finish().then(() => undefined, (reason: unknown) => reason)
    expect(error).toSatisfy(MillraceError.is)
    expect(error).toMatchObject({ code: 'CORE_USER_FUNCTION', origin: 'user', at: { operator: 'picky', uid: 'picky', record: expect.stringContaining('2') } })
    expect((error as MillraceError).message).toMatch(/no twos.*again after a restart/)
    expect(job.client.status()).toMatchObject({ state: 'failed', numRestarts: 1 })
  })
  test('the same, compiled or not', async () => {
    for (const codeGeneration of [true, false]) {
      const build = failing(() => true)
      await expect(runTestJob(build, { checkpoints, optimizer: { codeGeneration } })).rejects.toMatchObject({ code: 'CORE_USER_FUNCTION', at: { operator: 'picky', uid: 'picky', record: expect.stringContaining('2') } })
    }
  })
  test('what fails while the job starts is not tried again', async () => {
    let opened = 0
    const job = await testJob(
      (env) =>
        env.fromData([1]).process(() => {
          opened++
          throw new TypeError('cannot open')
        }, types.long()).sinkTo(collectingSink()),
      { ...fixed(5) },
    )
    await expect(job.finish()).rejects.toMatchObject({ message: expect.stringContaining('cannot open') })
    expect(opened).toBe(1)
  })
})
