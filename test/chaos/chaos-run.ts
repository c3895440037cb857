import type { FailpointName } from './faults/failpoints.ts'
import type { KafkaPlace } from './kafka/kafka-place.ts'
import type { S3Place } from './s3/s3-place.ts'

/** Working state on the heap or in LevelDB; snapshots go to files in both cases. */
export const BACKENDS = ['heap', 'leveldb'] as const
export type BackendName = (typeof BACKENDS)[number]

/** What a checkpoint holds: everything, or what changed since the one before it. */
export const SNAPSHOT_MODES = ['full', 'incremental'] as const
export type SnapshotMode = (typeof SNAPSHOT_MODES)[number]

/** What one process of a chaos run does: plain data, handed over in the environment variable CHAOS_RUN. */
export interface ChaosRun {
  /** One of `chaosJobs`. */
  readonly job: string
  /** Of the input data, and of the faults below. */
  readonly seed: number
  readonly records: number
  /** Of this run alone: input, output, checkpoints and temporary files lie below it. */
  readonly directory: string
  readonly backend: BackendName
  readonly snapshots: SnapshotMode
  readonly parallelism: number
  /** Each process runs at another parallelism, from 1 to 3, instead. */
  readonly rescales: boolean
  readonly checkpointIntervalMs: number
  /** Records per second and source subtask; undefined: as fast as it goes. */
  readonly recordsPerSecond?: number
  /** How many processes ran before this one: faults differ from one to the next. */
  readonly life: number
  /** Share of the state files whose upload fails, which aborts their checkpoint. */
  readonly uploadFailures: number
  /** Where the process kills itself. */
  readonly failpoint?: Failpoint
  /** The planted bug that is active. */
  readonly planted?: string
  /** The disk is full once so many bytes have been written below `path`: for machines where no small disk can be mounted. */
  readonly fullDisk?: { readonly path: string; readonly bytes: number }
  /** Output and checkpoints lie there instead of in `directory`. */
  readonly s3?: S3Place
  /** Sources and sinks have threads for I/O. Only where the job is submitted by its URL. */
  readonly ioThread?: boolean
  /** Input, and output where it says so, are topics instead of files. */
  readonly kafka?: KafkaPlace
}

export interface Failpoint {
  readonly name: FailpointName
  /** The process dies when it comes by for the so-manieth time, counted from 1 … */
  readonly hit: number
  /** … after it has completed this many checkpoints. */
  readonly afterCheckpoints: number
}

const VARIABLE = 'CHAOS_RUN'

export function toEnvironment(run: ChaosRun): Readonly<Record<string, string>> {
  return { [VARIABLE]: JSON.stringify(run) }
}

export function fromEnvironment(environment: Readonly<Record<string, string | undefined>>): ChaosRun {
  const text = environment[VARIABLE]
  if (text === undefined) throw new Error(`expected ${VARIABLE} in the environment; this program is started by the supervisor`)
  return JSON.parse(text) as ChaosRun
}

export function checkpointDirectory(run: ChaosRun): string {
  return `${run.s3?.root ?? run.directory}/checkpoints`
}

export function outputDirectory(run: ChaosRun): string {
  return `${run.s3?.root ?? run.directory}/out`
}
