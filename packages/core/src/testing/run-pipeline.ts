import type { DataStream } from '../api/data-stream.ts'
import { draftJob } from '../api/stream-execution-environment.ts'
import type { JobResult } from '../environment/job-client.ts'
import { silentLogger } from '../environment/logger.ts'
import type { RunOptions } from '../environment/run-options.ts'
import { submitGraph } from '../environment/submit-graph.ts'
import { WatermarkStrategy } from '../functions/watermark-strategy.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'
import type { TypeInformation } from '../types/type-information.ts'
import { collectingSink } from './collecting-sink.ts'
import { end, idle, type ScriptEvent } from './script.ts'
import { scriptedSourceWith } from './scripted-source.ts'
import { sumOf, type MetricFilter } from './metric-filter.ts'
import { seededRandom } from './seeded-random.ts'
import { whileStarting } from './test-job.ts'
import { createVirtualClock } from './virtual-clock.ts'

export interface PipelineOptions<I> extends Pick<RunOptions, 'parallelism' | 'maxParallelism' | 'stateBackend' | 'optimizer' | 'bufferBytes'> {
  /** Schema of the input. */
  readonly type?: TypeInformation<I>
  /** Processing time at the start, in epoch ms. Default 0. */
  readonly startMs?: number
  /** Of shuffles. Default 1. */
  readonly seed?: number
}

/** The streams a pipeline ends in, by a name of their own. */
export type Streams = Readonly<Record<string, DataStream<unknown>>>

export interface PipelineResult<S extends Streams> {
  /** What came out of each stream, in the order of arrival. */
  readonly outputs: { readonly [N in keyof S]: readonly ElementOf<S[N]>[] }
  /** The timestamps of `outputs`. */
  readonly timestamps: { readonly [N in keyof S]: readonly number[] }
  readonly job: JobResult
  readonly metrics: readonly MetricSample[]
  /** A metric, added up over the operators and subtasks that the filter names; 0 if there is none. */
  metric(name: string, filter?: MetricFilter): number
}

export type ElementOf<S> = S extends DataStream<infer T> ? T : never

/**
 * Runs a pipeline over some events, in virtual time and in this thread, and returns what comes out of it. The input ends
 * after the last event, so windows that are still open fire then. Rejects with the MillraceError of a job that fails.
 *
 * The same events, options and parallelism give the same result in the same order; between subtasks there is no order that
 * another parallelism would keep.
 */
export async function runPipeline<I, O>(pipeline: (input: DataStream<I>) => DataStream<O>, events: readonly ScriptEvent<NoInfer<I>>[], options: PipelineOptions<NoInfer<I>> = {}): Promise<readonly O[]> {
  const { outputs } = await runPipelineResult((input: DataStream<I>) => ({ output: pipeline(input) }), events, options)
  return outputs.output
}

/** The same for a pipeline with several outputs (side outputs, late data), with timestamps and metrics. */
export async function runPipelineResult<I, S extends Streams>(
  pipeline: (input: DataStream<I>) => S,
  events: readonly ScriptEvent<NoInfer<I>>[],
  { type, startMs = 0, seed = 1, ...options }: PipelineOptions<NoInfer<I>> = {},
): Promise<PipelineResult<S>> {
  const clock = createVirtualClock(startMs)
  const { env, build } = draftJob('pipeline')
  const script = scriptedSourceWith<I>({ clock }, [[...events, end]])
  const source = type === undefined ? script : { ...script, type }
  // Only an input that says so is ever idle: waiting for processing time is not idleness.
  const watermarks = WatermarkStrategy.fromSource<I>().withIdleness(events.includes(idle) ? '1ms' : '0ms')
  const streams = pipeline(env.fromSource(source, watermarks, { parallelism: 1 }))
  const sinks = Object.entries(streams).map(([name, stream]) => {
    const sink = collectingSink<unknown>({ name, guarantee: 'atLeastOnce' })
    stream.sinkTo(sink)
    return [name, sink] as const
  })
  const client = await submitGraph(build(), { logger: silentLogger, ioThreads: false, ...options }, { clock, random: seededRandom(seed) })
  // A script of events comes to its end by itself, however much time they span.
  const job = await clock.runUntil(client.done, { limitMs: Number.POSITIVE_INFINITY, careful: whileStarting(client) })
  const metrics = client.metrics()
  return {
    outputs: Object.fromEntries(sinks.map(([name, { values }]) => [name, values])) as PipelineResult<S>['outputs'],
    timestamps: Object.fromEntries(sinks.map(([name, { timestamps }]) => [name, timestamps])) as PipelineResult<S>['timestamps'],
    job,
    metrics,
    metric: (name, filter) => sumOf(metrics, name, filter),
  }
}
