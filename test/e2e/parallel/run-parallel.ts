import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type JobClient, silentLogger, submit, type SubmitUrlOptions } from '@millrace/core'
import { chaosRun } from '../../chaos/chaos-case.ts'
import { type ChaosRun, checkpointDirectory, outputDirectory } from '../../chaos/chaos-run.ts'
import { chaosJob } from '../../chaos/jobs/all-jobs.ts'
import { compareLines, type OutputDifference, publishedLines } from '../../chaos/output.ts'
import type { Fault } from './fault.ts'

type Options = SubmitUrlOptions

const SEED = 20_261_122

/** A run of a chaos job in a directory of its own, for the tests of parallel execution. */
export interface ParallelRun extends AsyncDisposable {
  readonly run: ChaosRun
  submit(options: Options, ...faults: readonly Omit<Fault, 'marker'>[]): Promise<JobClient>
  /** The file that appears when a fault happens, by its place among those of `submit`. */
  markerOf(fault: number): string
  /** Undefined: the output is exactly what it has to be. */
  difference(): Promise<OutputDifference | undefined>
}

export async function parallelRun(job: string, settings: Partial<ChaosRun> = {}): Promise<ParallelRun> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-parallel-'))
  // `exactOptionalPropertyTypes`: without a rate the jobs run as fast as they can
  const { recordsPerSecond: _default, ...base } = chaosRun({ job, seed: SEED, directory, records: 4000 })
  const run: ChaosRun = { ...base, ...settings }
  await chaosJob(job).prepare?.(run)
  const markerOf = (fault: number): string => join(directory, `fault-${fault}`)
  return {
    run,
    markerOf,
    submit: (options, ...faults) =>
      submit(new URL('fixtures/parallel-job.ts', import.meta.url), {
        logger: silentLogger,
        maxParallelism: 128,
        checkpoints: { storage: checkpointDirectory(run), interval: `${run.checkpointIntervalMs}ms` },
        ...options,
        params: { run, faults: faults.map((fault, index) => ({ ...fault, marker: markerOf(index) })) },
      }),
    difference: async () => compareLines(chaosJob(job).expected(run), await publishedLines(outputDirectory(run))),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
