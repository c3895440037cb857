import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MillraceError } from '../errors.ts'
import type { StreamExecutionEnvironment } from './stream-execution-environment.ts'

/** A job, as a module exports it by default. `P` is what its parameters look like before validation; void: it takes none. */
export interface Job<out P = void> {
  readonly kind: 'job'
  readonly name: string
  readonly params?: StandardSchemaV1<P, unknown>
  /** Called by `buildGraph` with validated parameters, in every process that runs the job. */
  build(env: StreamExecutionEnvironment, params: never): void
}

export interface JobDefinition<S extends StandardSchemaV1> {
  readonly name: string
  /** A synchronous validator of any Standard Schema library (zod, valibot, arktype …). */
  readonly params: S
  /** Describes the job: must be synchronous and give the same streams for the same parameters. */
  build(env: StreamExecutionEnvironment, params: StandardSchemaV1.InferOutput<S>): void
}

export interface JobDefinitionWithoutParams {
  readonly name: string
  readonly params?: never
  build(env: StreamExecutionEnvironment): void
}

/** Defines a job. Throws CORE_INVALID_JOB for one without a name. */
export function defineJob<S extends StandardSchemaV1>(job: JobDefinition<S>): Job<StandardSchemaV1.InferInput<S>>
export function defineJob(job: JobDefinitionWithoutParams): Job
export function defineJob(job: Omit<Job<unknown>, 'kind'>): Job<unknown> {
  if (typeof job.name !== 'string' || job.name.trim() === '') {
    throw new MillraceError('CORE_INVALID_JOB', `expected a name for the job, found ${JSON.stringify(job.name)}; write defineJob({ name: '…', … })`, { origin: 'user' })
  }
  return { ...job, kind: 'job' }
}
