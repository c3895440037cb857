import { MillraceError } from '../errors.ts'
import type { StreamGraph } from '../graph/stream-graph.ts'
import { validateWith } from '../types/standard-schema.ts'
import type { Job } from './define-job.ts'
import { draftJob } from './stream-execution-environment.ts'

/**
 * What `build` of the job receives: the parameters as its schema validates and completes them, undefined without a schema.
 * Throws CORE_INVALID_PARAMS with every issue, CORE_ASYNC_VALIDATOR for a schema that returns a promise.
 */
export function validateParams<P>(job: Job<P>, params: P | undefined): unknown {
  if (job.params === undefined) return undefined
  try {
    return validateWith(job.params, params ?? {})
  } catch (error) {
    if (!MillraceError.is(error) || error.code !== 'CORE_VALIDATION_FAILED') throw error
    throw new MillraceError('CORE_INVALID_PARAMS', `expected valid parameters for job ${job.name}, found: ${error.message}`, { origin: 'user', at: error.at, cause: error })
  }
}

/** The graph of a job with validated parameters. Throws CORE_ASYNC_BUILD, and whatever `build` of the job throws. */
export function buildGraph(job: Job<unknown>, validatedParams: unknown): StreamGraph {
  const draft = draftJob(job.name)
  const result: unknown = job.build(draft.env, validatedParams as never)
  if (isPromise(result)) {
    result.then(undefined, () => undefined) // its outcome no longer matters, and must not become an unhandled rejection
    const message = `expected build of job ${job.name} to be synchronous, found one that returns a promise; do asynchronous work in sources or before submitting`
    throw new MillraceError('CORE_ASYNC_BUILD', message, { origin: 'user' })
  }
  return draft.build()
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
