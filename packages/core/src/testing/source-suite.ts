import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamExecutionEnvironment } from '../api/stream-execution-environment.ts'
import type { CheckpointOptions, RunOptions } from '../environment/run-options.ts'
import { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import { memoryCheckpointStorage } from '../runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { ReaderOutput, SourceReader } from '../spi/source-reader.ts'
import type { Source } from '../spi/source.ts'
import { type CollectingSink, collectingSink } from './collecting-sink.ts'
import { heldSource } from './held-source.ts'
import { readWithFailures } from './read-with-failures.ts'
import { createRealClock } from './real-clock.ts'
import { suite, type SuiteRunner } from './suite-runner.ts'
import { seededRandom } from './seeded-random.ts'
import { testJob, type TestJob, type TestJobOptions } from './test-job.ts'

/** What the suite needs of the outside: where test data goes, and a source that reads it. */
export interface SourceTestContext<T> {
  /** Stores the records, each list as a split of its own where the source has such, and returns a source that reads them all. */
  createSource(splits: readonly (readonly T[])[]): Source<T> | Promise<Source<T>>
  /** A record, another one for every pair; deeply equal to what is read back. */
  record(split: number, index: number): T
  /** Default: any number. */
  readonly maxSplits?: number
  /** Records of one list are read in their order by one reader. Default true. */
  readonly ordered?: boolean
  /** `real` for services that have their own time. Default `virtual`. */
  readonly time?: 'virtual' | 'real'
  readonly fileSystems?: RunOptions['fileSystems']
  /** After every case. */
  cleanup?(): void | Promise<void>
}

const RECORDS = 60

/**
 * What every source must do: the behaviours of Flink's SourceTestSuiteBase (single and several splits, restart from a
 * savepoint, scaling up and down, idle readers, a failure, metrics), and snapshots at any place. A source without end is
 * stopped once everything has been read.
 */
export function sourceSuite<T>(runner: SuiteRunner, context: SourceTestContext<T>): void {
  suite(runner, 'source', (test) => {
    const data = (splits: number): readonly (readonly T[])[] =>
      Array.from({ length: Math.min(splits, context.maxSplits ?? splits) }, (_, split) => Array.from({ length: RECORDS }, (_record, index) => context.record(split, index)))
    const on = (name: string, splits: number, body: (source: Source<T>, records: readonly (readonly T[])[], directory: string) => Promise<void>): void => {
      test(name, async () => {
        const records = data(splits)
        const directory = await mkdtemp(join(tmpdir(), 'millrace-source-'))
        try {
          await body(await context.createSource(records), records, directory)
        } finally {
          await rm(directory, { recursive: true, force: true })
          await context.cleanup?.()
        }
      })
    }
    const start = (build: (env: StreamExecutionEnvironment) => void, options: TestJobOptions): Promise<TestJob> =>
      testJob(build, {
        ...(context.time === 'real' ? { clock: createRealClock() } : {}),
        ...(context.fileSystems === undefined ? {} : { fileSystems: context.fileSystems }),
        ...options,
      })
    /** Until everything has been read. */
    const finish = async (job: TestJob, source: Source<T>, sink: CollectingSink<T>, total: number): Promise<void> => {
      if (source.bounded) return void (await job.finish())
      await job.until(() => sink.values.length >= total)
      await job.stop()
    }
    const checkpoints = (): CheckpointOptions => ({ interval: '20ms', storage: memoryCheckpointStorage() })

    for (const [splits, parallelism, title] of [
      [1, 1, 'one reader reads one split'],
      [4, 4, 'four readers read four splits'],
      [4, 2, 'two readers read four splits'],
      [4, 5, 'a reader that gets no split does not keep the job from ending'],
    ] as const) {
      on(title, splits, async (source, records) => {
        const sink = collectingSink<T>()
        const job = await start((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { parallelism, checkpoints: checkpoints() })
        await finish(job, source, sink, records.flat().length)
        assertSame(sink.values, records.flat())
        if (context.ordered !== false && parallelism === 1 && records.length === 1) assert.deepEqual(sink.values, records.flat())
      })
    }
    for (const [before, after, title] of [
      [4, 4, 'goes on from a savepoint'],
      [2, 4, 'goes on from a savepoint with more readers'],
      [4, 2, 'goes on from a savepoint with fewer readers'],
    ] as const) {
      on(title, 4, async (source, records, directory) => {
        const total = records.flat().length
        const options = { checkpoints: checkpoints() }
        const first = collectingSink<T>()
        const half = heldSource(source, () => first.written.length >= total / 2)
        const job = await start((env) => env.fromSource(half, undefined, { uid: 'source' }).sinkTo(first, { uid: 'sink' }), { ...options, parallelism: before })
        await job.until(() => first.written.length >= total / 2)
        const { savepoint } = await job.stop({ savepoint: join(directory, 'savepoint') })
        assert.ok(savepoint, 'the job was stopped with a savepoint')
        assert.ok(first.values.length < total, `expected the source to be stopped half-way, found that it had emitted all ${total} records; does it heed maxRecords?`)

        const second = collectingSink<T>()
        const restored = await start((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(second, { uid: 'sink' }), { ...options, parallelism: after, from: savepoint })
        await finish(restored, source, second, total - first.values.length)
        assertSame([...first.values, ...second.values], records.flat())
      })
    }
    on('after a failure every record counts once', 4, async (source, records) => {
      const total = records.flat().length
      const sink = collectingSink<T>()
      let failed = false
      const paced = heldSource(source, () => false)
      const build = (env: StreamExecutionEnvironment): void =>
        env
          .fromSource(paced, undefined, { uid: 'source' })
          .filter(() => {
            if (failed || sink.written.length < total / 2) return true
            failed = true
            throw new Error('a failure in the middle')
          })
          .sinkTo(sink, { uid: 'sink' })
      const job = await start(build, { parallelism: 2, checkpoints: checkpoints(), restart: { kind: 'fixedDelay', attempts: 1, delay: '10ms' } })
      await finish(job, source, sink, total)
      assert.equal(job.client.status().numRestarts, 1)
      assertSame(sink.values, records.flat())
    })
    on('reads everything, also when a split has to wait for its alignment group', 3, async (source, records) => {
      // the first split is far ahead of the others in event time
      const times = new Map(records.flatMap((list, split) => list.map((record, index) => [textOf(record), split === 0 ? index * 100 : index] as const)))
      const alignment = { group: 'suite', maxDrift: '50ms', updateInterval: '10ms' } as const
      const watermarks = WatermarkStrategy.forMonotonousTimestamps<T>((record) => times.get(textOf(record)) ?? 0, { idleness: '100ms', alignment })
      const sink = collectingSink<T>()
      const paced: Source<T> = {
        ...source,
        createEnumerator: (enumeratorContext, restored) => source.createEnumerator(enumeratorContext, restored),
        createReader: (readerContext) => fewAtATime(source.createReader(readerContext)),
      }
      const job = await start((env) => env.fromSource(paced, watermarks, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { parallelism: 2, checkpoints: checkpoints() })
      await finish(job, source, sink, records.flat().length)
      assertSame(sink.values, records.flat())
    })
    on('counts its records', 4, async (source, records) => {
      const total = records.flat().length
      const sink = collectingSink<T>()
      const job = await start((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { parallelism: 2, checkpoints: checkpoints() })
      await finish(job, source, sink, total)
      assert.equal(job.client.status().recordsIn, total)
      const counted = job.client.metrics().filter(({ name, labels }) => name === 'numRecordsOut' && labels['uid'] === 'source')
      assert.equal(counted.reduce((sum, { value }) => sum + value, 0), total)
    })
    for (const seed of [1, 2, 3, 4, 5]) {
      test(`resumes from snapshots taken anywhere, seed ${seed}`, async (suiteContext) => {
        const records = data(3)
        const source = await context.createSource(records)
        try {
          if (!source.bounded) return suiteContext.skip('the source has no end')
          const random = seededRandom(seed)
          assertSame(await readWithFailures(source, { random, fileSystems: createFileSystems(context.fileSystems) }), records.flat())
        } finally {
          await context.cleanup?.()
        }
      })
    }
  })
}

function textOf(value: unknown): string {
  return JSON.stringify(value, bigintsAsText)
}

/** As it is, but for smaller batches, so that a reader is asked to pause before it has read everything. */
function fewAtATime<T>(reader: SourceReader<T>): SourceReader<T> {
  const poll = reader.poll.bind(reader)
  return Object.assign(reader, { poll: (output: ReaderOutput<T>) => poll(output, RECORDS / 10) })
}

/** The same records, in any order, each as often. */
export function assertSame(actual: readonly unknown[], expected: readonly unknown[]): void {
  const sorted = (values: readonly unknown[]): string[] => values.map(textOf).sort()
  assert.deepEqual(sorted(actual), sorted(expected))
}

const bigintsAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value)
