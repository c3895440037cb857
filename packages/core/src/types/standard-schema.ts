import { MillraceError } from '../errors.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/**
 * Validates a value with any Standard Schema library and returns what the validator makes of it. Throws
 * CORE_VALIDATION_FAILED with every issue, and CORE_ASYNC_VALIDATOR when the validator returns a promise.
 */
export function validateWith<S extends StandardSchemaV1>(schema: S, value: unknown): StandardSchemaV1.InferOutput<S> {
  const { vendor, validate } = schema['~standard']
  const result = validate(value)
  if ('then' in result) {
    result.then(undefined, () => undefined) // the answer is not waited for, so its failure must not become an unhandled rejection
    const message = `expected a synchronous validator, found one of ${vendor} that returns a promise; remove its asynchronous checks and transforms`
    throw new MillraceError('CORE_ASYNC_VALIDATOR', message, { origin: 'user' })
  }
  if (result.issues === undefined) return result.value
  const issues = result.issues.map((issue) => `${pathOf(issue)}${issue.message}`)
  const first = result.issues[0]
  const field = first === undefined ? '' : pathOf(first).slice(0, -2)
  throw new MillraceError('CORE_VALIDATION_FAILED', `the value does not fit its ${vendor} schema: ${issues.join('; ')}`, {
    origin: 'user',
    ...(field === '' ? {} : { at: { field } }),
  })
}

function pathOf(issue: StandardSchemaV1.Issue): string {
  const keys = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment))
  return keys.length === 0 ? '' : `${keys.join('.')}: `
}
