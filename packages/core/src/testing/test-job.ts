import { draftJob, type StreamExecutionEnvironment } from '../api/stream-execution-environment.ts'
import type { JobClient, JobResult } from '../environment/job-client.ts'
import type { RunOptions } from '../environment/run-options.ts'
import { MillraceError } from '../errors.ts'
import { silentLogger } from '../environment/logger.ts'
import { submitGraph } from '../environment/submit-graph.ts'
import type { RunUntilOptions, TestClock } from './test-clock.ts'
import { createVirtualClock } from './virtual-clock.ts'

export interface TestJobOptions extends RunOptions, Omit<RunUntilOptions, 'careful'> {
  /** Default `test`. Jobs of one name share checkpoints where they share a storage. */
  readonly name?: string
  /** Default: a new virtual one. */
  readonly clock?: TestClock
  /** Of what is random in a run (shuffles, jitter). Default 1. */
  readonly seed?: number
}

/** A job running in this thread. Virtual time passes only while one of these methods is awaited. */
export interface TestJob extends AsyncDisposable {
  readonly client: JobClient
  readonly clock: TestClock
  /** Until the job ends by itself. Rejects with the MillraceError that failed it. */
  finish(): Promise<JobResult>
  /** Until the condition holds, asked after each turn of the event loop; rejects when the job ends before. */
  until(condition: () => boolean): Promise<void>
  /** Takes a savepoint and goes on; returns its pointer. */
  savepoint(directory: string): Promise<string>
  stop(options?: { readonly savepoint?: string; readonly drain?: boolean }): Promise<JobResult>
  /** Ends it at once, as a process that is killed would: nothing more is committed. */
  cancel(): Promise<void>
}

/**
 * Starts a job in virtual time. To restore one, start another with `from`, the same storage and any parallelism. The
 * logger is silent unless one is given. Rejects as `submitGraph` does.
 */
export async function testJob(build: (env: StreamExecutionEnvironment) => void, options: TestJobOptions = {}): Promise<TestJob> {
  const { name = 'test', clock = createVirtualClock(), seed = 1, limitMs, turnMs = 1, ...runOptions } = options
  const draft = draftJob(name)
  build(draft.env)
  const client = await submitGraph(draft.build(), { logger: silentLogger, ...runOptions }, { clock, random: seededRandom(seed) })
  const time = { turnMs, careful: whileStarting(client), ...(limitMs === undefined ? {} : { limitMs }) }
  const until = async (condition: () => boolean): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    client.done.then(() => {
      if (condition()) resolve()
      else reject(new MillraceError('CORE_TEST_STUCK', 'Expected the condition of until to hold some time, found that the job has ended', { origin: 'user' }))
    }, reject)
    let looking = true
    const look = (): void => {
      if (condition()) resolve()
      else if (looking) setImmediate(look)
    }
    look()
    try {
      await clock.runUntil(promise, time)
    } finally {
      looking = false
    }
  }
  return {
    client,
    clock,
    finish: () => clock.runUntil(client.done, time),
    until,
    savepoint: (directory) => clock.runUntil(client.savepoint(directory), time),
    stop: (stopOptions) => clock.runUntil(client.stop(stopOptions), time),
    cancel: () => clock.runUntil(client.cancel(), time),
    [Symbol.asyncDispose]: () => clock.runUntil(client.cancel(), time),
  }
}

/** State backends and others load their code when they open. */
export function whileStarting(client: JobClient): () => boolean {
  return () => {
    const { state } = client.status()
    return state === 'created' || state === 'restoring'
  }
}

/** Runs a job to its end in virtual time. */
export async function runTestJob(build: (env: StreamExecutionEnvironment) => void, options?: TestJobOptions): Promise<JobResult> {
  return (await testJob(build, options)).finish()
}

/** Numbers in [0, 1), the same for the same seed (mulberry32, Tommy Ettinger, public domain). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
