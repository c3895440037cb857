import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { linkPackages, millrace, project, start, startNode, type Finished, type Running } from './millrace.ts'

const folders: string[] = []
const started: Running[] = []
afterEach(async () => {
  for (const running of started.splice(0)) {
    running.process.kill('SIGKILL')
    await running.finished
  }
  folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true }))
})

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = project(files)
  folders.push(folder)
  return folder
}

/** Counts up from where it was, for ever, and prints each number. */
const TICKER = `import { defineJob, runMain, types } from '@millrace/core'
const ticker = {
  kind: 'source-function', name: 'ticker', bounded: false, type: types.long(),
  open(restored) {
    let next = restored ?? 0
    return {
      async run(context) {
        while (!context.signal.aborted) {
          await context.ready()
          context.collect(next++)
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
      },
      snapshotState: () => next,
    }
  },
}
const job = defineJob({ name: 'ticker', build(env) { env.addSource(ticker, undefined, { uid: 'ticker' }).print() } })
export default job
if (import.meta.main) await runMain(job, import.meta.url)
`

/** Waits until it can be talked to and has printed `first`. */
async function tickerIn(folder: string, first: number, ...flags: readonly string[]): Promise<Running> {
  const running = start(folder, 'run', 'job.ts', '--log-level', 'debug', ...flags)
  started.push(running)
  await running.until('control socket opened')
  await running.until(`${first}\n`)
  return running
}

const printed = ({ stdout }: Finished): number[] => stdout.trim().split('\n').map(Number)

test('the project that init writes runs and passes its own test', async () => {
  const folder = folderWith({})
  await millrace(folder, 'init', 'demo')
  const demo = join(folder, 'demo')
  linkPackages(demo)
  const run = await millrace(demo, 'run', 'job.ts', '--log-level', 'error')
  expect(run.code).toBe(0)
  expect(run.stdout.trim().split('\n')).toHaveLength(6)
  expect(run.stderr).toMatch(/^mean-per-minute finished after .* records in .* 1 rejected, 0 late, 0 restarts\n$/)
  const written = readdirSync(join(demo, 'out/minutes')).map((name) => readFileSync(join(demo, 'out/minutes', name), 'utf8'))
  expect(written.join('').trim().split('\n')).toHaveLength(6)
  expect(readdirSync(join(demo, 'out/dead-letters'))).toHaveLength(1)
  const tests = await startNode(demo, '--test', '--test-reporter=tap').finished
  expect([tests.code, tests.stdout]).toEqual([0, expect.stringContaining('# pass 1')])
})

test('node job.ts is the same as millrace run job.ts', async () => {
  const job = TICKER.replace('while (!context.signal.aborted)', 'while (next < 3)').replace('bounded: false', 'bounded: true')
  const folder = folderWith({ 'job.ts': job })
  const direct = await startNode(folder, 'job.ts').finished
  expect([direct.code, printed(direct)]).toEqual([0, [0, 1, 2]])
  expect(direct.stderr).toMatch(/^ticker finished after/)
  expect(printed(await millrace(folder, 'run', 'job.ts'))).toEqual([0, 1, 2])
  const wrong = await startNode(folder, 'job.ts', '--paralelism', '2').finished
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('node job.ts has no flag --paralelism. Did you mean --parallelism?')])
})

test('status, savepoint and stop reach a running job; the next run goes on from the savepoint', async () => {
  const folder = folderWith({ 'job.ts': TICKER })
  const running = await tickerIn(folder, 0, '--savepoint-dir', join(folder, 'savepoints'), '--checkpoint-dir', join(folder, 'checkpoints'))
  const status = await millrace(folder, 'status')
  expect(status.stdout).toMatch(new RegExp(`^ticker running \\| in .* process ${running.process.pid}, for .*\\n  source ticker`))
  const watermarks = await millrace(folder, 'status', '--watermarks')
  expect(watermarks.stdout).toMatch(new RegExp(`^ticker \\(process ${running.process.pid}\\)\nEvent time `))
  const json = JSON.parse((await millrace(folder, 'status', '--json', 'ticker')).stdout) as { pid: number; jobName: string; recordsIn: number }[]
  expect(json).toMatchObject([{ pid: running.process.pid, jobName: 'ticker', recordsIn: expect.any(Number) }])
  const other = await millrace(folder, 'stop', 'other')
  expect([other.code, other.stderr]).toEqual([1, expect.stringContaining(`There is no running job 'other'; running: ticker (process ${running.process.pid})`)])

  const savepoint = await millrace(folder, 'savepoint', '--dir', 'by-hand')
  expect([savepoint.code, savepoint.stderr]).toEqual([0, ''])
  expect(existsSync(savepoint.stdout.trim().replace('file://', ''))).toBe(true)

  const stop = await millrace(folder, 'stop')
  expect(stop.stdout).toMatch(/^ticker stopped after .*\nsavepoint /)
  const first = await running.finished
  expect(first.code).toBe(0)
  expect(printed(first)).toEqual(printed(first).map((_, i) => i))
  expect(await millrace(folder, 'status')).toEqual({ code: 0, stdout: 'No job is running.\n', stderr: '' })

  const pointer = /savepoint (\S+);/.exec(stop.stdout)?.[1] ?? 'none'
  const resumed = await tickerIn(folder, printed(first).length, '--from', pointer, '--checkpoint-dir', join(folder, 'checkpoints'))
  const cancel = await millrace(folder, 'cancel', String(resumed.process.pid))
  expect([cancel.code, cancel.stdout]).toEqual([0, 'ticker canceled\n'])
  const second = await resumed.finished
  expect([second.code, printed(second)[0]]).toEqual([0, printed(first).length])
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s stops gracefully, with a savepoint', async (signal, code) => {
  const folder = folderWith({ 'job.ts': TICKER })
  const running = await tickerIn(folder, 0, '--savepoint-dir', join(folder, 'savepoints'), '--checkpoint-dir', join(folder, 'checkpoints'))
  running.process.kill(signal)
  const ended = await running.finished
  expect([ended.code, ended.stderr]).toEqual([code, expect.stringMatching(/stopping gracefully[^]*ticker stopped after[^]*\nsavepoint /)])
  expect(readdirSync(join(folder, 'savepoints'))).toHaveLength(1)
})

test('a job that fails says why: code, operator, line of the job, cause', async () => {
  const job = TICKER.replace('.print()', ".map((n) => {\n  if (n === 3) throw new RangeError('three')\n  return n\n}, types.long()).print()")
  const folder = folderWith({ 'job.ts': job })
  const { code, stderr } = await millrace(folder, 'run', 'job.ts')
  expect(code).toBe(1)
  expect(stderr).toMatch(/^error [A-Z_]+: .*\n  at: .*operator map.*job\.ts:\d+\n  remedy: Change the job/m)
  expect(stderr).toContain('three')
})

test('a job that leaves something open still ends', async () => {
  const job = TICKER.replace('while (!context.signal.aborted)', 'setInterval(() => {}, 1000); while (next < 3)').replace('bounded: false', 'bounded: true')
  const { code, stderr } = await millrace(folderWith({ 'job.ts': job }), 'run', 'job.ts')
  expect([code, stderr]).toEqual([0, expect.stringContaining('the process is kept alive by Timeout; exiting')])
})
