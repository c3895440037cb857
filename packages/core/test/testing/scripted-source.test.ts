import { describe, expect, test } from 'vitest'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { checkpoint, crash, end } from '../../src/testing/script.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../src/testing/test-job.ts'

const checkpoints = { interval: '10ms' } as const

describe('scriptedSource', () => {
  test('plays its scripts to their end', async () => {
    const sink = collectingSink<number>()
    const result = await runTestJob((env) => env.fromSource(scriptedSource([1, 2, end], [3, end], [end])).sinkTo(sink))
    expect(sink.values.toSorted()).toEqual([1, 2, 3])
    expect(result).toMatchObject({ state: 'finished', recordsIn: 3, recordsOut: 3, numRestarts: 0 })
  })
  test('crashes once and replays from the checkpoint', async () => {
    const sink = collectingSink<number>()
    const source = scriptedSource([1, 2, checkpoint, 3, crash, 4, end])
    const result = await runTestJob((env) => env.fromSource(source).sinkTo(sink), { checkpoints })
    expect(sink.values).toEqual([1, 2, 3, 4])
    expect(sink.written).toEqual([1, 2, 3, 3, 4])
    expect(result.numRestarts).toBe(1)
  })
  test('without a checkpoint it replays from the start', async () => {
    const sink = collectingSink<number>()
    await runTestJob((env) => env.fromSource(scriptedSource([1, crash, 2, end])).sinkTo(sink), { restart: { kind: 'fixedDelay', attempts: 1, delay: '1s' } })
    expect([sink.values, sink.written]).toEqual([[1, 2], [1, 1, 2]])
  })
  test('a script without end stays open', async () => {
    const sink = collectingSink<number>({ guarantee: 'atLeastOnce' })
    const job = await testJob((env) => env.fromSource(scriptedSource([1, 2])).sinkTo(sink))
    await job.until(() => sink.values.length === 2)
    await job.clock.advance(100_000)
    expect(job.client.status().state).toBe('running')
    expect(await job.stop()).toMatchObject({ state: 'stopped' })
  })
  test('several splits on several subtasks wait and crash independently', async () => {
    const sink = collectingSink<string>()
    const script = (name: string): (string | typeof crash)[] => [`${name}1`, checkpoint, `${name}2`, crash, `${name}3`, checkpoint, `${name}4`, end]
    const result = await runTestJob((env) => env.fromSource(scriptedSource<string>(script('a'), script('b'), script('c'))).rebalance().map((x) => x).sinkTo(sink), { checkpoints, parallelism: 2 })
    expect(sink.values.toSorted()).toEqual(['a', 'b', 'c'].flatMap((name) => [1, 2, 3, 4].map((i) => `${name}${i}`)))
    expect(result.numRestarts).toBeGreaterThan(0)
  })
  test('waiting for what never happens fails when the job has ended', async () => {
    const job = await testJob((env) => env.fromSource(scriptedSource([1, end])).sinkTo(collectingSink()))
    await expect(job.until(() => false)).rejects.toMatchObject({ code: 'CORE_TEST_STUCK' })
    const failing = await testJob((env) => env.fromSource(scriptedSource([1, crash, end])).sinkTo(collectingSink()))
    await expect(failing.until(() => false)).rejects.toMatchObject({ code: 'CORE_SCRIPTED_CRASH' })
  })
  test('a job that cannot go on is a failed test, not a hanging one', async () => {
    const job = await testJob((env) => env.fromSource(scriptedSource([1, checkpoint, end])).sinkTo(collectingSink()), { limitMs: 1000 })
    await expect(job.finish()).rejects.toMatchObject({ code: 'CORE_TEST_STUCK' })
  })
})
