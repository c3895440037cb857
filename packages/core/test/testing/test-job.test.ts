import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../../src/api/define-job.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { end } from '../../src/testing/script.ts'
import { heldSource } from '../../src/testing/held-source.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../src/testing/test-job.ts'

const numbers = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, index) => from + index)

/** A rolling sum per parity over 40 numbers, which stops after the first 20 until the test lets it go on. */
function summing() {
  const sink = collectingSink<number>()
  const gate = { open: false }
  const first = scriptedSource<number>([...numbers(0, 10), end], [...numbers(10, 20), end])
  const rest = heldSource(scriptedSource<number>([...numbers(20, 30), end], [...numbers(30, 40), end]), () => !gate.open)
  const build = (env: StreamExecutionEnvironment): void =>
    env
      .fromSource(first, undefined, { uid: 'first' })
      .union(env.fromSource(rest, undefined, { uid: 'rest' }))
      .keyBy((n) => n % 2)
      .reduce((a, b) => a + b)
      .uid('sums')
      .sinkTo(sink, { uid: 'sink' })
  return { sink, gate, build }
}
const total = (parity: number): number => numbers(0, 40).filter((n) => n % 2 === parity).reduce((a, b) => a + b)
const checkpoints = (interval?: '50ms') => ({ storage: memoryCheckpointStorage(), ...(interval === undefined ? {} : { interval }) })

test('crash fails the job at any place; it goes on from its last checkpoint', async () => {
  const { sink, gate, build } = summing()
  await using job = await testJob(build, { parallelism: 2, checkpoints: checkpoints('50ms') })
  await job.until(() => job.client.status().recordsIn === 20)
  await job.checkpoint()
  expect(sink.values).toHaveLength(20)
  await job.crash()
  expect(job.client.status()).toMatchObject({ state: 'running', numRestarts: 1 })
  gate.open = true
  expect((await job.finish()).state).toBe('finished')
  expect(sink.values).toHaveLength(40)
  expect(sink.values).toEqual(expect.arrayContaining([total(0), total(1)]))
})

test('rescale goes on from a savepoint at another parallelism, more than once, also over a crash before the next checkpoint', async () => {
  const { sink, gate, build } = summing()
  await using job = await testJob(build, { parallelism: 1, checkpoints: checkpoints(), restart: { kind: 'fixedDelay', attempts: 3, delay: '10ms' } })
  await job.until(() => job.client.status().recordsIn === 20)
  await job.rescale(3)
  expect(job.client.status().vertices.some(({ parallelism }) => parallelism === 3)).toBe(true)
  await job.crash()
  await job.rescale(2)
  gate.open = true
  await job.finish()
  expect(sink.values).toHaveLength(40)
  expect(sink.values).toEqual(expect.arrayContaining([total(0), total(1)]))
})

test('takes a job as its module exports it, with parameters', async () => {
  const sink = collectingSink<number>()
  const job = defineJob({
    name: 'up to',
    params: z.object({ last: z.number().max(100) }),
    build: (env, { last }) => env.fromSequence(1, last).sinkTo(sink),
  })
  expect((await runTestJob(job, { params: { last: 4 } })).recordsOut).toBe(4)
  expect(sink.values).toEqual([1, 2, 3, 4])
  await expect(testJob(job, { params: { last: 101 } })).rejects.toMatchObject({ code: 'CORE_INVALID_PARAMS' })
  await using named = await testJob(job, { params: { last: 1 } })
  expect(named.client.jobName).toBe('up to')
})

test('a job that does not restart rejects crash with its failure', async () => {
  const { build } = summing()
  await using job = await testJob(build, { restart: { kind: 'none' } })
  await job.until(() => job.client.status().recordsIn === 20)
  await expect(job.crash()).rejects.toMatchObject({ code: 'CORE_TEST_CRASH' })
})

test('checkpoint waits for one that begins after the call, and says when none ever will', async () => {
  const { build } = summing()
  await using job = await testJob(build, { checkpoints: checkpoints('50ms') })
  await job.until(() => job.client.status().recordsIn === 20)
  const before = job.client.status().lastCheckpoint?.checkpointId ?? 0
  await job.checkpoint()
  expect(job.client.status().lastCheckpoint?.checkpointId).toBeGreaterThan(before)
  await using without = await testJob(summing().build, { checkpoints: checkpoints() })
  await expect(without.checkpoint()).rejects.toMatchObject({ code: 'CORE_TEST_STUCK' })
})

test('advance lets virtual time pass, metric reads one place or all', async () => {
  const { build } = summing()
  await using job = await testJob(build, { parallelism: 2, checkpoints: checkpoints('50ms') })
  await job.until(() => job.client.status().recordsOut === 20)
  const before = job.clock.now()
  await job.advance(5_000)
  expect(job.clock.now()).toBe(before + 5_000)
  expect(job.metric('numRecordsIn', { uid: 'sums' })).toBe(20)
  const [left, right] = [0, 1].map((subtask) => job.metric('numRecordsIn', { uid: 'sums', subtask })) as [number, number]
  expect([left + right, job.metric('numRecordsIn', { uid: 'nothing' })]).toEqual([20, 0])
})
