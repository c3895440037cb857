import type { ConnectorOptions, StreamExecutionEnvironment } from '@millrace/core'
import { fileSink, type FileSinkOptions } from '@millrace/connector-file'
import type { Sink, Source, TypeInformation } from '@millrace/core/spi'
import { jsonLines } from '@millrace/format-json'
import { outputDirectory, type ChaosRun } from '../chaos-run.ts'
import { kafkaOutput } from '../kafka/kafka-place.ts'

/** Puts the faults of a run around what a job reads and writes. */
export interface JobParts {
  source<T>(source: Source<T>): Source<T>
  sink<T>(sink: Sink<T>): Sink<T>
  /** Functions of the job that faults may happen in call it first. */
  called?(by: UserFunction): void
}

/** What the author of a job writes and the engine calls. */
export const USER_FUNCTIONS = [
  'timestamp', 'onEvent', 'onPeriodicEmit', 'generatorSnapshot', 'map', 'filter', 'flatMap', 'asyncMap', 'partition', 'keySelector',
  'processElement', 'onTimer', 'createAccumulator', 'add', 'merge', 'getResult', 'finishWindow',
] as const
export type UserFunction = (typeof USER_FUNCTIONS)[number]

/** A job whose output follows from its input alone, whatever happens on the way. */
export interface ChaosJob {
  readonly name: string
  /** Whether it has keyed state, and so state files. */
  readonly keyed: boolean
  /** Writes input files. */
  prepare?(run: ChaosRun): Promise<void>
  build(env: StreamExecutionEnvironment, run: ChaosRun, parts: JobParts): void
  /** The lines of the output in any order, computed from the input in plain code, not by the engine. */
  expected(run: ChaosRun): Iterable<string>
}

/** JSON lines: in a topic if the run has one, or else below the output directory, in files so small that every checkpoint publishes some. */
export function chaosSink<T>(run: ChaosRun, type: TypeInformation<T>, options: Pick<FileSinkOptions<T>, 'partition' | 'compression'> = {}): Sink<T> {
  if (run.kafka?.output !== undefined) return kafkaOutput(run.kafka, run.kafka.output, type)
  return fileSink({ path: outputDirectory(run), format: jsonLines(type), rollBytes: 16_384, rollEvery: '300ms', ...options })
}

/** Options of the sources and sinks of a run. */
export function io({ ioThread = false }: ChaosRun): Pick<ConnectorOptions, 'ioThread'> {
  return { ioThread }
}

/** Counts by a key made of several parts. */
export class Tally<T> {
  readonly #groups: Map<string, T> = new Map()

  /** The group of this key; `create` makes it at its first mention. */
  of(key: readonly (string | number)[], create: () => T): T {
    const name = key.join('|')
    const found = this.#groups.get(name) ?? create()
    this.#groups.set(name, found)
    return found
  }

  values(): Iterable<T> {
    return this.#groups.values()
  }
}
