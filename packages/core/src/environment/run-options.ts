import type { Duration } from '../types/duration.ts'
import type { CheckpointStorage } from '../spi/checkpoint-storage.ts'
import type { FileSystem } from '../spi/file-system.ts'
import type { Logger } from '../spi/logger.ts'
import type { MetricReporter } from '../spi/metric-reporter.ts'
import type { StateBackend } from '../spi/state-backend.ts'

export type RestartStrategy =
  | { readonly kind: 'none' }
  | { readonly kind: 'fixedDelay'; readonly attempts: number; readonly delay: Duration }
  | { readonly kind: 'failureRate'; readonly maxFailures: number; readonly within: Duration; readonly delay: Duration }
  | {
      readonly kind: 'exponentialDelay'
      readonly initialDelay?: Duration
      readonly maxDelay?: Duration
      readonly multiplier?: number
      /** Share of the delay added or taken at random. Default 0.1. */
      readonly jitter?: number
      /** Running this long without failure starts over with the initial delay. Default 1h. */
      readonly resetAfter?: Duration
      /** Default: no limit. */
      readonly attempts?: number
    }

export interface CheckpointOptions {
  /** A path or URL, or a storage. A path means durable checkpoints below it. */
  readonly storage?: CheckpointStorage | string
  /** Time between the starts of two checkpoints. Absent: only savepoints and the final checkpoint. */
  readonly interval?: Duration
  /** Default 10min. */
  readonly timeout?: Duration
  /** At least this long between the end of one and the start of the next. Default 0ms. */
  readonly minPause?: Duration
  /** Consecutive failed checkpoints before the job fails. Default 0. */
  readonly tolerableFailures?: number
  readonly mode?: 'exactlyOnce' | 'atLeastOnce'
  /**
   * A checkpoint holds only what has changed since the one before it, on a state backend and a storage that can do so; now and
   * then one holds everything. Savepoints always do. Default false.
   */
  readonly incremental?: boolean
  /** Completed checkpoints kept. Default 1. */
  readonly retained?: number
  /** Whether a job that is canceled leaves its checkpoints, to go on from later. Default true. Savepoints stay in any case. */
  readonly retainOnCancel?: boolean
  /** Where `stop` and SIGTERM put their savepoint. Absent: they take none. */
  readonly savepointDirectory?: string
}

/** What is done about a function of the job that does not return. In a worker while it runs, without workers when it has returned. */
export interface StuckFunctionOptions {
  /** Default 10s. */
  readonly limit?: Duration
  /** `warn`: a log line and a metric. `restart`: the worker is ended and what it ran starts again from the last checkpoint. Default warn. */
  readonly action?: 'warn' | 'restart'
}

/** How a job is run, as opposed to what it computes. Precedence: flag > MILLRACE_* > millrace.config.ts > code. */
export interface RunOptions {
  /** Default 1. */
  readonly parallelism?: number
  /**
   * Worker threads that the subtasks are spread over, at most one for each slot (slots: the highest parallelism of an operator).
   * Default 0: everything in this thread, as with 1. The job must have an address: `millrace run`, `runMain`, or `submit` of a URL.
   */
  readonly workers?: number
  /** False: sources and sinks with `ioThread` run in the threads of the rest of the job, though not chained with it. Default true. */
  readonly ioThreads?: boolean
  /** Limit of the heap of each worker in MiB. Default: Node's. A worker that exceeds it is replaced. */
  readonly workerHeapMb?: number
  /** How long a worker may take to import the job and open the checkpoint storage. Default 1min. */
  readonly workerStartTimeout?: Duration
  readonly stuckFunction?: StuckFunctionOptions
  /** Default: computed from the parallelism (128 up to 85). Frozen by the first savepoint. */
  readonly maxParallelism?: number
  readonly stateBackend?: StateBackend
  readonly checkpoints?: CheckpointOptions
  /** Default: none without checkpoints, exponentialDelay with them. */
  readonly restart?: RestartStrategy
  /** Restore from `latest` (start fresh if there is none), or from a checkpoint or savepoint pointer. */
  readonly from?: 'latest' | (string & {})
  /** Uids whose restored state may be dropped. */
  readonly allowDroppedState?: readonly string[]
  readonly fileSystems?: readonly FileSystem[]
  readonly logger?: Logger
  readonly metricReporters?: readonly MetricReporter[]
  /** How often watermarks are generated from what has been seen. Default 200ms; also at every batch when input is bounded. */
  readonly autoWatermarkInterval?: Duration
  /** Longest time a record waits in a partly filled batch between tasks. Default 100ms. */
  readonly bufferTimeout?: Duration
  /** Bytes a channel between two subtasks may hold. Default 256 KiB; see docs/concepts.md. */
  readonly bufferBytes?: number
  /**
   * How long what waits between two subtasks should take to be processed: channels hold less than `bufferBytes` when the
   * consumer is slow, so that barriers need not wait (FLIP-183). Default 1s; 0ms: they always hold `bufferBytes`.
   */
  readonly bufferDebloatTarget?: Duration
  readonly optimizer?: { readonly chaining?: boolean; readonly combiners?: boolean; readonly codeGeneration?: boolean }
  readonly signal?: AbortSignal
}
