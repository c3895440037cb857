import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { buildGraph, validateParams } from '../api/build-graph.ts'
import { defineJob, type Job } from '../api/define-job.ts'
import type { StreamExecutionEnvironment } from '../api/stream-execution-environment.ts'
import type { JobClient, JobResult } from '../environment/job-client.ts'
import type { RunOptions } from '../environment/run-options.ts'
import { MillraceError } from '../errors.ts'
import { silentLogger } from '../environment/logger.ts'
import { submitGraph } from '../environment/submit-graph.ts'
import { createCrash } from './crashing-source.ts'
import { sumOf, type MetricFilter } from './metric-filter.ts'
import { seededRandom } from './seeded-random.ts'
import type { RunUntilOptions, TestClock } from './test-clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

/** A job as its module exports it, or what its `build` would do. */
export type JobUnderTest = Job<unknown> | ((env: StreamExecutionEnvironment) => void)

export interface TestJobOptions extends RunOptions, Omit<RunUntilOptions, 'careful'> {
  /** Of a job that is given as such; validated as in a run. */
  readonly params?: unknown
  /** Default: that of the job, or `test`. Jobs of one name share checkpoints where they share a storage. */
  readonly name?: string
  /** Default: a new virtual one. */
  readonly clock?: TestClock
  /** Of what is random in a run (shuffles, jitter). Default 1. */
  readonly seed?: number
}

/** A job running in this thread. Virtual time passes only while one of these methods is awaited. */
export interface TestJob extends AsyncDisposable {
  /** Of the run that is going on: another one after `rescale`. */
  readonly client: JobClient
  readonly clock: TestClock
  /** Until the job ends by itself. Rejects with the MillraceError that failed it. */
  finish(): Promise<JobResult>
  /** Until the condition holds, asked after each turn of the event loop; rejects when the job ends before. */
  until(condition: () => boolean): Promise<void>
  /** Lets `ms` of virtual time pass. */
  advance(ms: number): Promise<void>
  /** Until a checkpoint that begins after this call has completed and what sinks wrote before it is committed. Throws CORE_TEST_STUCK in a job that takes none. */
  checkpoint(): Promise<void>
  /** Fails all sources and waits until the job has restarted and runs again; rejects when it does not. */
  crash(): Promise<void>
  /** Stops with a savepoint and starts from it at another parallelism, with the same sources and sinks. Needs a checkpoint storage. */
  rescale(parallelism: number): Promise<void>
  /** A metric of the job, added up over the operators and subtasks that the filter names; 0 if there is none. */
  metric(name: string, filter?: MetricFilter): number
  /** Takes a savepoint and goes on; returns its pointer. */
  savepoint(directory: string): Promise<string>
  stop(options?: { readonly savepoint?: string; readonly drain?: boolean }): Promise<JobResult>
  /** Ends it at once, as a process that is killed would: nothing more is committed. */
  cancel(): Promise<void>
}

/**
 * Starts a job in virtual time: Flink's MiniCluster for tests. It is the job that a module exports, or what its `build`
 * would do. To restore one elsewhere, start another with `from`, the same
 * storage and any parallelism. The logger is silent unless one is given. Rejects as `submitGraph` does.
 */
export async function testJob(job: JobUnderTest, options: TestJobOptions = {}): Promise<TestJob> {
  const { params, name = typeof job === 'function' ? 'test' : job.name, clock = createVirtualClock(), seed = 1, limitMs, turnMs = 1, ...runOptions } = options
  const crash = createCrash()
  const start = (changed: RunOptions): Promise<JobClient> => {
    const graph = typeof job === 'function' ? buildGraph(defineJob({ name, build: job }), undefined) : buildGraph({ ...job, name }, validateParams(job, params))
    return submitGraph(crash.wrap(graph), { logger: silentLogger, ioThreads: false, ...runOptions, ...changed }, { clock, random: seededRandom(seed) })
  }
  let client = await start({})
  const time = (): RunUntilOptions => ({ turnMs, careful: whileStarting(client), ...(limitMs === undefined ? {} : { limitMs }) })
  const until = async (condition: () => boolean): Promise<void> => {
    const watch = watchFor(client, condition)
    try {
      await clock.runUntil(watch.met, time())
    } finally {
      watch.stop()
    }
  }

  const running: TestJob = {
    get client() {
      return client
    },
    clock,
    finish: () => clock.runUntil(client.done, time()),
    until,
    advance: (ms) => clock.advance(ms),
    async checkpoint() {
      if (options.checkpoints?.interval === undefined) throw stuck("a checkpoint, found a job that takes none; give it checkpoints: { storage, interval: '…' }")
      // One that is under way now may have begun before; and when the next one is complete, all commits of this one are done.
      const before = client.status().lastCheckpoint?.checkpointId ?? 0
      const underWay = sumOf(client.metrics(), 'numberOfInProgressCheckpoints')
      await until(() => (client.status().lastCheckpoint?.checkpointId ?? 0) > before + underWay + 1)
    },
    async crash() {
      const { numRestarts } = client.status()
      crash.strike()
      await until(() => client.status().numRestarts > numRestarts && client.status().state === 'running')
    },
    async rescale(parallelism) {
      const directory = await mkdtemp(`${tmpdir()}/millrace-test-`)
      const { savepoint = '' } = await clock.runUntil(client.stop({ savepoint: directory }), time())
      client = await start({ parallelism, from: savepoint })
      // restarts may need the savepoint until the job's own first checkpoint
      const remove = (): Promise<void> => rm(directory, { recursive: true })
      client.done.then(remove, remove).catch(() => undefined)
      await until(() => client.status().state === 'running' || client.status().state === 'finished')
    },
    metric: (metric, filter) => sumOf(client.metrics(), metric, filter),
    savepoint: (directory) => clock.runUntil(client.savepoint(directory), time()),
    stop: (stopOptions) => clock.runUntil(client.stop(stopOptions), time()),
    cancel: () => clock.runUntil(client.cancel(), time()),
    [Symbol.asyncDispose]: () => clock.runUntil(client.cancel(), time()),
  }
  return running
}

/** `met` resolves when the condition holds, and rejects when the job ends before. */
function watchFor(client: JobClient, condition: () => boolean): { readonly met: Promise<void>; stop(): void } {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client.done.then(() => {
    if (condition()) resolve()
    else reject(stuck('the condition to hold some time, found that the job has ended'))
  }, reject)
  let looking = true
  const look = (): void => {
    if (condition()) resolve()
    else if (looking) setImmediate(look)
  }
  look()
  return {
    met: promise,
    stop() {
      looking = false
    },
  }
}

function stuck(what: string): MillraceError {
  return new MillraceError('CORE_TEST_STUCK', `Expected ${what}`, { origin: 'user' })
}

/** State backends and others load their code when they open. */
export function whileStarting(client: JobClient): () => boolean {
  return () => {
    const { state } = client.status()
    return state === 'created' || state === 'restoring'
  }
}

/** Runs a job to its end in virtual time. */
export async function runTestJob(job: JobUnderTest, options?: TestJobOptions): Promise<JobResult> {
  return (await testJob(job, options)).finish()
}
