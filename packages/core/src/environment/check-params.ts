import { isDeepStrictEqual } from 'node:util'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MillraceError } from '../errors.ts'
import { didYouMean } from './closest-name.ts'

/**
 * Checks the parameters of a job, given as texts, against the job's Standard Schema. Throws CLI_INVALID_PARAMS with a line
 * for every field that is wrong or that the schema does not know. A job without a schema takes no parameters.
 */
export function checkParams(schema: StandardSchemaV1 | undefined, texts: Readonly<Record<string, string>>, jobName: string): void {
  if (schema === undefined) {
    const names = Object.keys(texts)
    if (names.length === 0) return
    throw invalidParams(`The job '${jobName}' takes no parameters, but ${names.join(', ')} is set. Declare params in defineJob, or leave it out`)
  }
  const result = schema['~standard'].validate({ ...texts })
  if ('then' in result) {
    result.then(undefined, () => undefined) // the answer is not waited for, so its failure must not become an unhandled rejection
    throw invalidParams(`The params schema of the job '${jobName}' validates asynchronously; use a synchronous one`)
  }
  if (result.issues === undefined) {
    const ignored = Object.keys(texts).find((name) => isIgnored(schema, texts, name, result.value))
    if (ignored === undefined) return
    throw invalidParams(`The job '${jobName}' has no parameter '${ignored}'.${didYouMean(ignored, Object.keys(result.value as object))} Correct the name, or declare it in params of defineJob`)
  }
  const lines = result.issues.map((issue) => `\n  ${fieldOf(issue)}: ${issue.message}`)
  const hint = 'Parameters arrive as text: let the schema convert them, as z.coerce.number() does'
  throw invalidParams(`The parameters of the job '${jobName}' are not what it declares:${lines.join('')}\n  ${hint}`)
}

/** Schemas drop what they do not know: it is not in their result, and the result is the same without it. */
function isIgnored(schema: StandardSchemaV1, texts: Readonly<Record<string, string>>, name: string, value: unknown): boolean {
  if (typeof value !== 'object' || value === null || name in value) return false
  const { [name]: _dropped, ...others } = texts
  const result = schema['~standard'].validate(others)
  return !('then' in result) && result.issues === undefined && isDeepStrictEqual(result.value, value)
}

function fieldOf(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((step) => String(typeof step === 'object' ? step.key : step))
  return path.length === 0 ? '(all)' : path.join('.')
}

function invalidParams(message: string): MillraceError {
  return new MillraceError('CLI_INVALID_PARAMS', message, { origin: 'user' })
}
