import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { fileCheckpointStorage } from '../../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint, crash, end } from '../../../src/testing/script.ts'
import { scriptedSource, type Script } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import { long } from '../../../src/types/number-types.ts'

const countingJob = (...scripts: readonly Script<number>[]) => (env: StreamExecutionEnvironment): void =>
  env
    .fromSource(scriptedSource<number>(...scripts), undefined, { uid: 'numbers' })
    .process((context) => {
      const { sum, min, max, average, histogram } = context.accumulators
      const total = sum('total')
      const parts = [total, min('least'), max('most'), average('mean'), histogram('parity')] as const
      return {
        processElement(value, _timestamp, output) {
          for (const part of parts) part.add(part === parts[4] ? value % 2 : value)
          output.collect(value)
        },
      }
    }, long())
    .uid('count')
    .sinkTo(collectingSink<number>(), { uid: 'sink' })

const expected = {
  total: { kind: 'sum', value: 15 },
  least: { kind: 'min', value: 1 },
  most: { kind: 'max', value: 5 },
  mean: { kind: 'average', value: 3 },
  parity: { kind: 'histogram', value: [[0, 2], [1, 3]] },
}

it.each([1, 2, 4])('are added up over %i subtasks for the result', async (parallelism) => {
  const { accumulators } = await runTestJob(countingJob([1, 2, end], [3, 4, end], [5, end]), { parallelism })
  expect(accumulators).toEqual(expected)
})

it('count nothing twice over crashes', async () => {
  const result = await runTestJob(countingJob([1, 2, checkpoint, 3, crash, 4, crash, 5, end]), { checkpoints: { storage: memoryCheckpointStorage(), interval: '10ms' } })
  expect(result.numRestarts).toBe(2)
  expect(result.accumulators).toEqual(expected)
})

it('without checkpoints a restart begins anew, as the input does', async () => {
  const result = await runTestJob(countingJob([1, 2, 3, crash, 4, 5, end]), { restart: { kind: 'fixedDelay', attempts: 1, delay: '1ms' } })
  expect(result.accumulators).toEqual(expected)
})

it('go on from a savepoint at another parallelism, and can be read while the job runs', async () => {
  const directory = await mkdtemp(`${tmpdir()}/accumulators-`)
  const storage = fileCheckpointStorage(`${directory}/checkpoints`)
  const first = await testJob(countingJob([1, 2], [3], [4]), { parallelism: 3, checkpoints: { storage } })
  await first.until(() => first.client.status().recordsOut === 4)
  expect(first.client.accumulators()).toMatchObject({ total: { value: 10 }, most: { value: 4 } })
  const { savepoint = '' } = await first.stop({ savepoint: `${directory}/savepoint` })
  for (const parallelism of [1, 2, 4]) {
    const second = await testJob(countingJob([1, 2, end], [3, end], [4, 5, end]), { parallelism, checkpoints: { storage }, from: savepoint })
    expect((await second.finish()).accumulators).toEqual(expected)
  }
  await rm(directory, { recursive: true })
})

it('share a result by name and kind over operators; kinds of one name are told apart; nothing added is nothing said', async () => {
  const { accumulators } = await runTestJob((env) => {
    const add = (kind: 'sum' | 'max') => (value: number) => ({ value, kind })
    const numbers = env.fromData([1, 2, 3], long())
    for (const kind of ['sum', 'sum', 'max'] as const) {
      numbers
        .process((context) => {
          const seen = context.accumulators[kind]('seen')
          context.accumulators.min('never')
          return { processElement: (value) => seen.add(add(kind)(value).value) }
        }, long())
        .print()
    }
  })
  expect(accumulators).toEqual({ 'seen (sum)': { kind: 'sum', value: 12 }, 'seen (max)': { kind: 'max', value: 3 } })
})

it.each([
  ['an empty name', (context: { sum: (name: string) => unknown }) => context.sum(' ')],
  ['what is no number', (context: { sum: (name: string) => { add(value: number): void } }) => context.sum('x').add(Number.NaN)],
])('refuse %s', async (_name, use) => {
  const job = runTestJob((env) =>
    env
      .fromData([1], long())
      .process(({ accumulators }) => {
        use(accumulators)
        return { processElement: () => undefined }
      }, long())
      .print(),
  )
  await expect(job).rejects.toMatchObject({ code: expect.stringMatching(/CORE_INVALID_ACCUMULATOR|CORE_USER_FUNCTION/) })
})
