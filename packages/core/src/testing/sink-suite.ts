import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StreamExecutionEnvironment } from '../api/stream-execution-environment.ts'
import { silentLogger } from '../environment/logger.ts'
import type { CheckpointOptions, RunOptions } from '../environment/run-options.ts'
import { createFileSystems } from '../file-system/file-systems.ts'
import { createMetricRegistry } from '../metrics/metric-registry.ts'
import { jsonSerializer } from '../runtime/checkpoint/json-serializer.ts'
import { memoryCheckpointStorage } from '../runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import type { Sink, SinkWriterContext } from '../spi/sink.ts'
import { createRealClock } from './real-clock.ts'
import { checkpoint, crash, end } from './script.ts'
import { type Script, scriptedSource } from './scripted-source.ts'
import { assertSame } from './source-suite.ts'
import { suite, type SuiteRunner } from './suite-runner.ts'
import { testJob, type TestJob, type TestJobOptions } from './test-job.ts'

/** A destination of its own for one case. */
export interface SinkFixture<T> {
  /** A sink that writes there. Called for every job of the case. */
  createSink(): Sink<T>
  /** What a reader of the destination finds there now. */
  published(): readonly T[] | Promise<readonly T[]>
  cleanup?(): void | Promise<void>
}

/** What the suite needs of the outside. */
export interface SinkTestContext<T> {
  open(): SinkFixture<T> | Promise<SinkFixture<T>>
  /** Another record for every index; deeply equal to what `published` finds. */
  record(index: number): T
  /** What the sink promises over failures, in a job with checkpoints. */
  readonly guarantee: 'exactlyOnce' | 'atLeastOnce'
  /** `real` for services that have their own time. Default `virtual`. */
  readonly time?: 'virtual' | 'real'
  readonly fileSystems?: RunOptions['fileSystems']
}

const RECORDS = 80

/**
 * What every sink must do: the behaviours of Flink's SinkTestSuiteBase (basic, restart from a savepoint, scaling up and
 * down, metrics), and those that its guarantee asks for: nothing is visible before its checkpoint, a failed attempt
 * publishes nothing, committing twice is committing once.
 */
export function sinkSuite<T>(runner: SuiteRunner, context: SinkTestContext<T>): void {
  const exactlyOnce = context.guarantee === 'exactlyOnce'
  suite(runner, 'sink', (test) => {
    const on = (name: string, body: (fixture: SinkFixture<T>, directory: string) => Promise<void>): void => {
      test(name, async () => {
        const fixture = await context.open()
        const directory = await mkdtemp(join(tmpdir(), 'millrace-sink-'))
        try {
          await body(fixture, directory)
        } finally {
          await rm(directory, { recursive: true, force: true })
          await fixture.cleanup?.()
        }
      })
    }
    const onExactlyOnce = (name: string, body: (fixture: SinkFixture<T>) => Promise<void>): void => {
      if (exactlyOnce) on(name, body)
      else test(name, (suiteContext) => suiteContext.skip('the sink is at-least-once'))
    }
    const start = (build: (env: StreamExecutionEnvironment) => void, options: TestJobOptions): Promise<TestJob> =>
      testJob(build, {
        ...(context.time === 'real' ? { clock: createRealClock() } : {}),
        ...(context.fileSystems === undefined ? {} : { fileSystems: context.fileSystems }),
        ...options,
      })
    const records = (from: number, to: number): T[] => Array.from({ length: to - from }, (_, index) => context.record(from + index))
    const job = (fixture: SinkFixture<T>, ...scripts: Script<T>[]) => (env: StreamExecutionEnvironment): void =>
      env.fromSource(scriptedSource<T>(...scripts), undefined, { uid: 'source' }).sinkTo(fixture.createSink(), { uid: 'sink' })
    const checkpoints = (): CheckpointOptions => ({ interval: '20ms', storage: memoryCheckpointStorage() })
    /** Exactly these records, or at least these. */
    const assertPublished = async (fixture: SinkFixture<T>, expected: readonly T[]): Promise<void> => {
      const published = await fixture.published()
      if (exactlyOnce) return assertSame(published, expected)
      const distinct = new Map(published.map((record) => [JSON.stringify(record), record]))
      assertSame([...distinct.values()], expected)
    }

    for (const parallelism of [1, 2, 4]) {
      on(`publishes every record, parallelism ${parallelism}`, async (fixture) => {
        const half = RECORDS / 2
        await (await start(job(fixture, [...records(0, half), end], [...records(half, RECORDS), end]), { parallelism, checkpoints: checkpoints() })).finish()
        assertSame(await fixture.published(), records(0, RECORDS))
      })
    }
    on('publishes when its input ends in a job without checkpoints', async (fixture) => {
      await (await start(job(fixture, [...records(0, 10), end]), {})).finish()
      assertSame(await fixture.published(), records(0, 10))
    })
    on('ends with an input that is empty', async (fixture) => {
      await (await start(job(fixture, [end]), { parallelism: 2, checkpoints: checkpoints() })).finish()
      assert.deepEqual(await fixture.published(), [])
    })
    onExactlyOnce('a checkpoint publishes what came before it, and a canceled job nothing more', async (fixture) => {
      const running = await start(job(fixture, [...records(0, 10), checkpoint, ...records(10, 20)]), { checkpoints: { ...checkpoints(), interval: '500ms' } })
      await running.until(() => running.client.status().recordsOut === 20)
      await running.cancel()
      assertSame(await fixture.published(), records(0, 10))
    })
    on('after failures every record counts as promised', async (fixture) => {
      const script: Script<T> = [...records(0, 10), checkpoint, ...records(10, 20), crash, ...records(20, 30), checkpoint, ...records(30, 35), crash, ...records(35, 40), end]
      const running = await start(job(fixture, script, [...records(40, 60), checkpoint, ...records(60, RECORDS), end]), {
        parallelism: 2,
        checkpoints: checkpoints(),
        restart: { kind: 'fixedDelay', attempts: 2, delay: '10ms' },
      })
      assert.equal((await running.finish()).numRestarts, 2)
      await assertPublished(fixture, records(0, RECORDS))
    })
    for (const [before, after, title] of [
      [2, 2, 'goes on from a savepoint'],
      [2, 4, 'goes on from a savepoint with more writers'],
      [4, 2, 'goes on from a savepoint with fewer writers'],
    ] as const) {
      on(title, async (fixture, directory) => {
        const options = { checkpoints: checkpoints() }
        const scripts = (whole: boolean): Script<T>[] =>
          [0, 20, 40, 60].map((first) => [...records(first, first + 10), ...(whole ? [...records(first + 10, first + 20), end] : [])])
        const first = await start(job(fixture, ...scripts(false)), { ...options, parallelism: before })
        await first.until(() => first.client.status().recordsOut === RECORDS / 2)
        const { savepoint } = await first.stop({ savepoint: join(directory, 'savepoint') })
        assert.ok(savepoint, 'the job was stopped with a savepoint')
        await assertPublished(fixture, [0, 20, 40, 60].flatMap((from) => records(from, from + 10)))
        await (await start(job(fixture, ...scripts(true)), { ...options, parallelism: after, from: savepoint })).finish()
        await assertPublished(fixture, records(0, RECORDS))
      })
    }
    on('what a savepoint on the way holds is published by the job that is restored from it', async (fixture, directory) => {
      const options = { checkpoints: { ...checkpoints(), interval: '1h' } as const }
      const first = await start(job(fixture, records(0, 10), records(10, 20)), { ...options, parallelism: 2 })
      await first.until(() => first.client.status().recordsOut === 20)
      const savepoint = await first.savepoint(join(directory, 'savepoint'))
      await first.cancel()
      if (exactlyOnce) assert.deepEqual(await fixture.published(), [])
      const rest = [...records(0, 10), ...records(20, 30), end]
      await (await start(job(fixture, rest, [...records(10, 20), end]), { ...options, parallelism: 1, from: savepoint })).finish()
      await assertPublished(fixture, records(0, 30))
    })
    on('counts its records', async (fixture) => {
      const running = await start(job(fixture, [...records(0, RECORDS), end]), { parallelism: 2, checkpoints: checkpoints() })
      await running.finish()
      assert.equal(running.client.status().recordsOut, RECORDS)
      const counted = running.client.metrics().filter(({ name, labels }) => name === 'numRecordsIn' && labels['uid'] === 'sink')
      assert.equal(counted.reduce((sum, { value }) => sum + value, 0), RECORDS)
    })
    onExactlyOnce('committing twice, by different committers, is committing once', async (fixture) => {
      const sink = fixture.createSink()
      const abort = new AbortController()
      const writerContext = writerContextOf(abort.signal, context.fileSystems)
      const writer = await sink.createWriter(writerContext, [])
      for (const record of records(0, 10)) writer.write(record, 0)
      await writer.flush(false)
      const serializer = sink.committableSerializer ?? jsonSerializer<unknown>()
      const stored = ((await writer.prepareCommit?.(1)) ?? []).map((committable) => serializer.serialize(committable))
      await writer.snapshotState?.(1)
      for (let times = 0; times < 3; times++) {
        const committer = await sink.createCommitter?.(writerContext)
        assert.ok(committer, 'an exactly-once sink has a committer')
        await committer.commit(stored.map((bytes) => serializer.deserialize(serializer.version, bytes)) as never[])
        await committer.close?.()
        assertSame(await fixture.published(), records(0, 10))
      }
      abort.abort()
      await writer.close?.()
      assertSame(await fixture.published(), records(0, 10))
    })
    onExactlyOnce('closing a writer publishes nothing', async (fixture) => {
      const abort = new AbortController()
      const writer = await fixture.createSink().createWriter(writerContextOf(abort.signal, context.fileSystems), [])
      for (const record of records(0, 10)) writer.write(record, 0)
      abort.abort()
      await writer.close?.()
      assert.deepEqual(await fixture.published(), [])
    })
  })
}

function writerContextOf(signal: AbortSignal, fileSystems: RunOptions['fileSystems']): SinkWriterContext {
  return {
    subtaskIndex: 0,
    parallelism: 1,
    jobName: 'test',
    firstCheckpointId: 1,
    signal,
    fileSystems: createFileSystems(fileSystems),
    logger: silentLogger,
    metrics: createMetricRegistry(() => {}).group({}),
    now: () => Date.now(),
    currentWatermark: () => Number.MIN_SAFE_INTEGER,
  }
}
