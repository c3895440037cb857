import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { buildGraph } from '../../src/api/build-graph.ts'
import { defineJob, type Job } from '../../src/api/define-job.ts'
import type { ProgramHost, StopSignal } from '../../src/environment/program-host.ts'
import { runJob, type Submit } from '../../src/environment/run-job.ts'
import type { RunOptions } from '../../src/environment/run-options.ts'
import { MillraceError } from '../../src/errors.ts'
import { scriptedJobClient, type ScriptedJobClient } from './scripted-job-client.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mr-'))
  vi.stubEnv('TMPDIR', folder) // where the control sockets go
})

afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(folder, { recursive: true })
})

const flights: Job = defineJob({ name: 'flights', build() {} })

/** When everything that could go on without the outside has gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

interface Run {
  readonly exitCode: Promise<number>
  readonly client: ScriptedJobClient
  /** Resolves with what was submitted, when it has been. */
  readonly submitted: Promise<RunOptions & { readonly params?: unknown }>
  /** A second later than the last one unless told otherwise. */
  send(signal: StopSignal, afterMs?: number): void
  listening(): boolean
  output(): string
}

function run(argv: readonly string[], with_: { env?: Record<string, string>; job?: Job<unknown>; defaults?: RunOptions; submit?: Submit } = {}): Run {
  let text = ''
  let nowMs = 0
  let listener: ((signal: StopSignal) => void) | undefined
  const client = scriptedJobClient()
  const submitted = Promise.withResolvers<RunOptions & { readonly params?: unknown }>()
  const stream = { write: (part: string) => (text += part) }
  const host: ProgramHost = {
    argv,
    env: with_.env ?? {},
    directory: folder,
    stdout: stream,
    stderr: stream,
    now: () => nowMs,
    every: () => () => {},
    onSignal(added) {
      listener = added
      return () => (listener = undefined)
    },
    onOutput: () => () => {},
  }
  const submit: Submit = async (_job, options) => {
    submitted.resolve(options)
    return client
  }
  const program = { job: with_.job ?? flights, moduleUrl: pathToFileURL(join(folder, 'job.ts')).href, command: 'node job.ts', defaults: with_.defaults ?? {} }
  const exitCode = runJob(program, host, with_.submit ?? submit)
  const send = (signal: StopSignal, afterMs = 1_000): void => {
    nowMs += afterMs
    listener?.(signal)
  }
  return { exitCode, client, submitted: submitted.promise, send, listening: () => listener !== undefined, output: () => text }
}

test('a job that finishes: summary and exit code 0', async () => {
  const job = run(['--parallelism', '2'])
  expect((await job.submitted).parallelism).toBe(2)
  job.client.end('finished')
  expect(await job.exitCode).toBe(0)
  expect(job.output()).toBe('flights finished after 2.0 s: 3,000,000 records in (1.50 M/s), 12 out, 1 rejected, 2 late, 0 restarts\n')
  expect(job.listening()).toBe(false)
})

test('workers are told where the job, its parameters and its configuration are', async () => {
  writeFileSync(join(folder, 'millrace.config.mjs'), 'export default { workers: 3, parallelism: 4 }')
  const told = Promise.withResolvers<{ workers: number | undefined; address: unknown }>()
  const submit: Submit = async (_job, { workers }, address) => {
    told.resolve({ workers, address })
    throw new MillraceError('TEST_OVER', 'told', { origin: 'external' })
  }
  const withParams: Job<unknown> = { ...flights, params: { '~standard': { version: 1, vendor: 'test', validate: (value) => ({ value }) } } }
  const job = run(['--workers', '2', '--param', 'day=1'], { job: withParams, submit })
  expect(await told.promise).toEqual({
    workers: 2,
    address: {
      moduleUrl: pathToFileURL(join(folder, 'job.ts')).href,
      params: { day: '1' },
      config: { url: pathToFileURL(join(folder, 'millrace.config.mjs')).href, settings: { workers: 3, parallelism: 4 } },
    },
  })
  expect(await job.exitCode).toBe(1)
})

test('a job that fails: the error and exit code 1, whoever is to blame', async () => {
  const job = run([])
  await job.submitted
  job.client.fail(new MillraceError('CORE_USER_FUNCTION', 'map threw', { origin: 'user', at: { operator: 'map' } }))
  expect(await job.exitCode).toBe(1)
  expect(job.output()).toContain('error CORE_USER_FUNCTION: map threw\n  at: operator map\n')
})

test.each(['SIGINT', 'SIGTERM'] as const)('the first %s stops gracefully', async (signal) => {
  const job = run([])
  await job.submitted
  await settled()
  job.send(signal)
  expect(await job.exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
  expect(job.client.calls).toEqual(['stop null'])
  expect(job.output()).toContain('flights stopped')
})

test('the second signal cancels, the third is left to Node', async () => {
  const job = run([])
  await job.submitted
  await settled()
  job.client.stop = () => new Promise(() => {})
  job.send('SIGTERM')
  job.send('SIGINT')
  expect(job.listening()).toBe(false)
  expect(await job.exitCode).toBe(143)
  expect(job.client.calls).toEqual(['cancel'])
})

test('the echo of a signal is not a second one', async () => {
  const job = run([])
  await job.submitted
  await settled()
  const stopped = job.client.stop.bind(job.client)
  job.client.stop = async () => {
    job.send('SIGINT', 100)
    expect(job.listening()).toBe(true)
    return stopped()
  }
  job.send('SIGINT')
  expect(await job.exitCode).toBe(130)
  expect(job.client.calls).toEqual(['stop null'])
})

test('a signal to a job that is about to finish anyway does not make it a failure', async () => {
  const job = run([])
  await job.submitted
  await settled()
  job.client.stop = async () => job.client.end('finished')
  job.send('SIGTERM')
  expect(await job.exitCode).toBe(0)
})

test('a stop that fails is said, and the job goes on until it is canceled', async () => {
  const job = run([])
  await job.submitted
  await settled()
  job.client.stop = () => Promise.reject(new MillraceError('CKPT_FAILED', 'disk full', { origin: 'external' }))
  job.send('SIGTERM')
  await settled()
  expect(job.output()).toMatch(/ERROR stopping gracefully failed.*CKPT_FAILED: disk full/)
  job.send('SIGTERM')
  expect(await job.exitCode).toBe(143)
})

test('who stops a job with checkpoints that are kept is told how to go on', async () => {
  for (const [flags, told] of [[['--checkpoint-dir', 'kept'], true], [['--checkpoint-interval', '1s'], false]] as const) {
    const job = run(flags)
    await job.submitted
    job.client.end('stopped')
    await job.exitCode
    expect(job.output().includes('go on with --from latest\n')).toBe(told)
  }
})

test('a signal during submission aborts it', async () => {
  const begun = Promise.withResolvers<void>()
  const submit: Submit = (_job, options) =>
    new Promise((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(new Error('aborted')))
      begun.resolve()
    })
  const job = run([], { submit })
  await begun.promise
  job.send('SIGINT')
  expect(await job.exitCode).toBe(130)
  expect(job.output()).toBe('flights canceled before it ran\n')
})

test.each([
  [['--paralelism', '2'], 'error CLI_UNKNOWN_FLAG: node job.ts has no flag --paralelism. Did you mean --parallelism?'],
  [['input.csv'], "error CLI_INVALID_ARGUMENT: node job.ts expects flags only, found 'input.csv'"],
  [['--param', 'in=x'], "error CLI_INVALID_PARAMS: The job 'flights' takes no parameters"],
  [['--config', 'none.ts'], 'error CLI_CONFIG_NOT_FOUND'],
])('%j runs nothing: exit code 2', async (argv, message) => {
  const job = run(argv)
  expect(await job.exitCode).toBe(2)
  expect(job.output()).toContain(message)
})

test('a build that throws names the job and its module', async () => {
  const broken: Job = defineJob({
    name: 'broken',
    build() {
      throw new TypeError('no such stream')
    },
  })
  const submit: Submit = async (job, options) => {
    buildGraph(job, options.params)
    throw new Error('unreachable')
  }
  const job = run([], { job: broken, submit })
  expect(await job.exitCode).toBe(2)
  expect(job.output()).toContain("error CLI_BUILD_FAILED: The build function of the job 'broken' threw: no such stream")
  expect(job.output()).toContain(join(folder, 'job.ts'))
})

test('help', async () => {
  const job = run(['--help'])
  expect(await job.exitCode).toBe(0)
  expect(job.output()).toMatch(/Usage: node job\.ts \[flags\][^]*--parallelism N/)
})

test('settings of every source reach the job', async () => {
  writeFileSync(join(folder, 'millrace.config.mjs'), "export default { parallelism: 3, bufferTimeout: '5ms', checkpoints: { interval: '9s' } }\n")
  const job = run(['--checkpoint-interval', '1s'], { env: { MILLRACE_PARALLELISM: '4', MILLRACE_TYPO: '1' }, defaults: { bufferBytes: 7, parallelism: 1 } })
  expect(await job.submitted).toMatchObject({ parallelism: 4, bufferTimeout: '5ms', bufferBytes: 7, checkpoints: { interval: '1s' } })
  expect(job.output()).toContain('warning: MILLRACE_TYPO is not a setting')
  job.client.end('finished')
  await job.exitCode
})

test('a configuration with an unknown setting is refused', async () => {
  writeFileSync(join(folder, 'millrace.config.mjs'), 'export default { paralelism: 3 }\n')
  const job = run([])
  expect(await job.exitCode).toBe(2)
  expect(job.output()).toContain("CLI_INVALID_CONFIG: There is no setting 'paralelism'. Did you mean parallelism?")
})

test('metrics are served while the job runs', async () => {
  const job = run(['--metrics-port', '0'])
  await job.submitted
  const url = /url=(\S+)/.exec(job.output())?.[1]
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('millrace_numRecordsIn')
  job.client.end('finished')
  expect(await job.exitCode).toBe(0)
})
