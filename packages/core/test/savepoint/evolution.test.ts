import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import type { AggregateFunction } from '../../src/functions/aggregate-function.ts'
import { reducingState, valueState } from '../../src/functions/state-descriptor.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { CollectingSink } from '../../src/testing/collecting-sink.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { at, end } from '../../src/testing/script.ts'
import type { Script } from '../../src/testing/scripted-source.ts'
import { scriptedSource } from '../../src/testing/scripted-source.ts'
import { runTestJob, testJob } from '../../src/testing/test-job.ts'
import * as types from '../../src/types/types.ts'
import type { TypeInformation } from '../../src/types/type-information.ts'

interface Version<A> {
  /** Of what is kept for each key, and of the accumulator of the window. */
  readonly type: TypeInformation<A>
  add(before: A | undefined, n: number): A
  read(kept: A): string
}

const V1: Version<{ readonly sum: number; readonly note: string }> = {
  type: types.row({ sum: types.int(), note: types.string() }),
  add: (before, n) => ({ sum: (before?.sum ?? 0) + n, note: 'old' }),
  read: ({ sum, note }) => `${sum} ${note}`,
}
const V2: Version<{ readonly max: number | null; readonly total: number }> = {
  type: types.row({ max: types.int().nullable(), total: types.double() }, { renamed: { total: 'sum' } }),
  add: (before, n) => ({ max: Math.max(before?.max ?? 0, n), total: (before?.total ?? 0) + n + 0.5 }),
  read: ({ max, total }) => `${total} of at most ${max}`,
}

function job<A>(version: Version<A>, count: TypeInformation<number>, script: Script<number>, sink: CollectingSink<string>): (env: StreamExecutionEnvironment) => void {
  const aggregate: AggregateFunction<number, A | undefined, string> = {
    accumulatorType: version.type as TypeInformation<A | undefined>,
    createAccumulator: () => undefined,
    add: (n, accumulator) => version.add(accumulator, n),
    getResult: (accumulator) => (accumulator === undefined ? 'nothing' : version.read(accumulator)),
  }
  return (env) => {
    const keyed = env.fromSource(scriptedSource<number>(script), WatermarkStrategy.fromSource(), { uid: 'source' }).keyBy((n) => n % 2)
    keyed
      .process((context) => {
        const kept = context.state(valueState('kept', version.type))
        const counted = context.state(reducingState('counted', (a: number, b: number) => a + b, count))
        return {
          processElement(n, _timestamp, output) {
            counted.add(1)
            kept.update(version.add(kept.value(), n))
            output.collect(`${counted.get()}: ${version.read(kept.value() as A)}`)
          },
        }
      }, types.string())
      .uid('kept')
      .sinkTo(sink, { uid: 'sink' })
    keyed.window(TumblingEventTimeWindows.of('1h')).aggregate(aggregate).uid('window').sinkTo(sink, { uid: 'window-sink' })
  }
}

let directory = ''
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-evolution-'))
})
afterAll(() => rm(directory, { recursive: true }))

test('a job goes on from the savepoint of an earlier version of itself, which had other types', async () => {
  const checkpoints = { interval: '1h', storage: memoryCheckpointStorage() } as const
  const before = collectingSink<string>()
  const old = await testJob(job(V1, types.int(), [at(1, 1), at(2, 2), at(3, 3)], before), { checkpoints, parallelism: 2 })
  await old.until(() => old.client.status().recordsIn === 3)
  const { savepoint = '' } = await old.stop({ savepoint: directory })
  expect([...before.values].sort()).toEqual(['1: 1 old', '1: 2 old', '2: 4 old'])

  const after = collectingSink<string>()
  await runTestJob(job(V2, types.double(), [at(1, 1), at(2, 2), at(3, 3), at(4, 5), end], after), { checkpoints, parallelism: 3, from: savepoint })
  expect([...after.values].sort()).toEqual(['2 of at most null', '3: 9.5 of at most 5', '9.5 of at most 5'])

  const incompatible: Version<string> = { type: types.string(), add: () => '', read: () => '' }
  const refused = runTestJob(job(incompatible, types.int(), [end], collectingSink<string>()), { checkpoints, from: savepoint })
  await expect(refused).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE', message: expect.stringMatching(/row\(sum int, note string\).* declares it as .*string/) as unknown })
})
