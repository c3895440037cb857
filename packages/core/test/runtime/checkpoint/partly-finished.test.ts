import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, crash, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-partly-'))
})
afterAll(() => rm(directory, { recursive: true }))

/** Operator state before the shuffle, which a subtask that has ended keeps; windows behind it. */
const build = (sink: CollectingSink<string>, ...scripts: Script<number>[]) => (env: StreamExecutionEnvironment): void => {
  const numbers = env
    .fromSource(scriptedSource<number>(...scripts), WatermarkStrategy.fromSource(), { uid: 'numbers' })
    .process((context) => {
      const total = context.operatorState('total', types.long())
      return {
        processElement(n, _timestamp, output) {
          total.add(n)
          output.collect(n)
        },
        finish: () => totals.push(...total.get()),
      }
    }, types.long())
    .uid('totals')
  numbers
    .keyBy((n) => n % 3)
    .window(TumblingEventTimeWindows.of('10ms'))
    .aggregate({ n: count() }, ({ n }, key, window) => `${window.start}/${key}: ${n}`)
    .uid('windows')
    .sinkTo(sink, { uid: 'sink' })
}
/** What the `finish` of every subtask found in its state; a subtask is not finished twice. */
const totals: number[] = []
const numbered = (from: number, to: number): ReturnType<typeof at<number>>[] => Array.from({ length: to - from }, (_, i) => at(from + i, from + i))
const expected = ['0/0: 8', '0/1: 6', '0/2: 6', '10/0: 3', '10/1: 4', '10/2: 3'].sort()

describe('a checkpoint of a job that has partly ended', () => {
  test('is restored after a crash: what had ended stays so', async () => {
    totals.length = 0
    const sink = collectingSink<string>()
    const result = await runTestJob(build(sink, [...numbered(0, 10), end], [...numbered(0, 10), watermark(9), checkpoint, ...numbered(10, 15), checkpoint, crash, ...numbered(15, 20), end]), {
      parallelism: 2,
      checkpoints: { interval: '10ms' },
    })
    expect(result.numRestarts).toBe(1)
    expect(sink.values.toSorted()).toEqual(expected)
    expect(totals.toSorted((a, b) => a - b)).toEqual([...numbered(0, 10), ...numbered(0, 20)].map(({ value }) => value).sort((a, b) => a - b))
  })
  test.each([1, 2, 3])('is restored with 2 → %i subtasks: what had ended is not finished again', async (parallelism) => {
    totals.length = 0
    const first = collectingSink<string>()
    const checkpoints = { interval: '10ms', storage: memoryCheckpointStorage() } as const
    const second = [...numbered(0, 10), watermark(9), checkpoint, ...numbered(10, 15)]
    const job = await testJob(build(first, [...numbered(0, 10), end], second), { parallelism: 2, checkpoints })
    await job.until(() => job.client.status().recordsIn === 25)
    const { savepoint } = await job.stop({ savepoint: join(directory, `to-${parallelism}`) })
    const rest = collectingSink<string>()
    await runTestJob(build(rest, [...numbered(0, 10), end], [...second, ...numbered(15, 20), end]), { parallelism, checkpoints, from: savepoint as string })
    expect([...first.values, ...rest.values].sort()).toEqual(expected)
    expect(totals.toSorted((a, b) => a - b)).toEqual([...numbered(0, 10), ...numbered(0, 20)].map(({ value }) => value).sort((a, b) => a - b))
  })
})
