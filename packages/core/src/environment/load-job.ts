import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Job } from '../api/define-job.ts'
import { MillraceError } from '../errors.ts'
import { didYouMean } from './closest-name.ts'
import { importModule } from './import-module.ts'

export interface LoadedJob {
  readonly job: Job<unknown>
  /** Of the module, for runMain and for workers. */
  readonly moduleUrl: string
}

/**
 * Imports a job module and takes its default export. Throws CLI_JOB_NOT_FOUND, CLI_NO_DEFAULT_EXPORT, CLI_NOT_A_JOB, or what
 * `importModule` throws; all of origin user.
 */
export async function loadJob(path: string, directory: string): Promise<LoadedJob> {
  const file = resolve(directory, path)
  if (!existsSync(file) || !statSync(file).isFile()) throw notFound(path, file)
  const url = pathToFileURL(file)
  return { job: await importJob(url), moduleUrl: url.href }
}

/** The default export of a job module. Throws CLI_NO_DEFAULT_EXPORT, CLI_NOT_A_JOB, or what `importModule` throws. */
export async function importJob(url: URL): Promise<Job<unknown>> {
  const file = fileURLToPath(url)
  const module = await importModule(url, 'the job module')
  if (!('default' in module)) {
    const exported = Object.keys(module)
    const found = exported.length === 0 ? 'it exports nothing' : `it exports only ${exported.join(', ')}`
    throw problem('CLI_NO_DEFAULT_EXPORT', `Expected 'export default defineJob({ … })', but ${found}`, file)
  }
  const job = module['default']
  if (!isJob(job)) {
    const found = job === null ? 'null' : Array.isArray(job) ? 'an array' : typeof job === 'object' ? 'another object' : `a ${typeof job}`
    throw problem('CLI_NOT_A_JOB', `Expected the default export to be what defineJob({ name, build }) returns, found ${found}`, file)
  }
  return job
}

/** By its mark and not by its class: the job may have been defined by another copy of this package. */
function isJob(value: unknown): value is Job<unknown> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'job'
}

function notFound(typed: string, file: string): MillraceError {
  const folder = dirname(file)
  const siblings = existsSync(folder) ? readdirSync(folder) : undefined
  if (siblings === undefined) return problem('CLI_JOB_NOT_FOUND', `There is no job module ${typed}: its folder does not exist`, file)
  if (siblings.includes(basename(file))) return problem('CLI_JOB_NOT_FOUND', `Expected a job module, but ${typed} is not a file`, file)
  return problem('CLI_JOB_NOT_FOUND', `There is no job module ${typed}.${didYouMean(basename(file), siblings)}`, file)
}

function problem(code: string, message: string, file: string): MillraceError {
  return new MillraceError(code, message, { origin: 'user', at: { file } })
}
