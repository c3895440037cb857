import { existsSync, globSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { type Finished, millrace, project, start } from '../../packages/cli/test/millrace.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = project(files)
  folders.push(folder)
  return folder
}

/** The one error of a run, as people see it. */
function printedError({ stderr }: Finished): string {
  const errors = stderr.split(/^(?=error )/m).filter((text) => text.startsWith('error '))
  expect(errors, stderr).toHaveLength(1)
  return errors[0] ?? ''
}

const JOB = `import { defineJob, types, WatermarkStrategy } from '@millrace/core'
import { fileSink, fileSource } from '@millrace/connector-file'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'

const Order = types.row({ id: types.int(), amount: types.double() })
const deadLetter = fileSink({ path: 'dead', format: jsonLines() })
export default defineJob({
  name: 'orders',
  build(env) {
    env
      .fromSource(fileSource({ path: 'orders.csv', format: csv(Order) ON_BAD_RECORD }), WatermarkStrategy.noWatermarks(), { uid: 'orders' })
      .sinkTo(fileSink({ path: 'out', format: jsonLines(Order) }), { uid: 'out' })
  },
})
`
const FAILING = JOB.replace(' ON_BAD_RECORD', '')
const DEAD_LETTERS = JOB.replace(' ON_BAD_RECORD', ', onBadRecord: { deadLetter }')
const ORDERS = 'id,amount\n1,1.5\n2,much\n3,3.5\n'

it('a malformed line stops the run with one error: code, file and line, remedy', async () => {
  const folder = folderWith({ 'job.ts': FAILING, 'orders.csv': ORDERS })
  const run = await millrace(folder, 'run', 'job.ts')
  expect(run.code).toBe(1)
  expect(printedError(run)).toMatch(/^error CSV_VALUE: Field amount: expected a number, found "much" .*Mend the input, or set onBadRecord[^]*at: .*orders\.csv:3, .*field amount[^]*remedy: /)
  expect(existsSync(join(folder, 'out'))).toBe(false)
})

it('with dead letters the run ends well, and every record is in one of the two outputs', async () => {
  const folder = folderWith({ 'job.ts': DEAD_LETTERS, 'orders.csv': ORDERS })
  const run = await millrace(folder, 'run', 'job.ts', '--log-level', 'error')
  expect([run.code, run.stderr]).toEqual([0, expect.stringMatching(/^orders finished after .* 1 rejected, /)])
  const lines = ['out', 'dead'].map((name) => globSync(join(folder, name, 'part-*')).map((file) => readFileSync(file, 'utf8')).join(''))
  expect(lines[0]).toBe('{"id":1,"amount":1.5}\n{"id":3,"amount":3.5}\n')
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ line: 3, field: 'amount', code: 'CSV_VALUE', raw: Buffer.from('2,much\n').toString('base64') })
})

it.each([
  ['a missing file', { 'job.ts': FAILING }, ['job.ts'], 1, /^error FILE_NOT_FOUND: Expected files at orders\.csv, found none\. Check the path[^]*at: orders\.csv/],
  ['a module without default export', { 'job.ts': FAILING.replace('export default', 'export const job =') }, ['job.ts'], 2, /^error CLI_NO_DEFAULT_EXPORT: Expected 'export default defineJob\(\{ … \}\)', but it exports only job\n {2}at: .*job\.ts\n$/],
  ['a module that exports something else', { 'job.ts': 'export default 7' }, ['job.ts'], 2, /^error CLI_NOT_A_JOB: .* found a number\n/],
  ['a module that is not there', { 'jobs.ts': FAILING }, ['job.ts'], 2, /^error CLI_JOB_NOT_FOUND: There is no job module job\.ts\. Did you mean jobs\.ts\?/],
  ['an unknown flag', { 'job.ts': FAILING, 'orders.csv': ORDERS }, ['job.ts', '--paralelism', '2'], 2, /^error CLI_UNKNOWN_FLAG: .*--paralelism\. Did you mean --parallelism\? See millrace run --help/],
  ['a value that is none', { 'job.ts': FAILING, 'orders.csv': ORDERS }, ['job.ts', '--parallelism', 'two'], 2, /^error CLI_INVALID_ARGUMENT: .*--parallelism.*two/],
] as const)('%s', async (_, files, args, code, expected) => {
  const run = await millrace(folderWith(files), 'run', ...args)
  expect([run.code, run.stdout]).toEqual([code, ''])
  expect(printedError(run)).toMatch(expected)
})

it('ends quietly when nobody reads its output any more', async () => {
  const folder = folderWith({ 'job.ts': `import { defineJob } from '@millrace/core'
export default defineJob({ name: 'many', build: (env) => void env.fromSequence(1, 10_000_000).print() })` })
  const run = start(folder, 'run', 'job.ts', '--log-level', 'error')
  await run.until('1\n')
  run.process.stdout?.destroy()
  const { code, stderr } = await run.finished
  expect([code, stderr]).toEqual([141, ''])
})

it('a second run on the same checkpoints is refused, and the first goes on', async () => {
  const ticker = `import { defineJob, types } from '@millrace/core'
const open = () => ({
  async run(context) {
    for (let n = 0; !context.signal.aborted; n++) {
      await context.ready()
      context.collect(n)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  },
  snapshotState: () => 0,
})
const source = { kind: 'source-function', name: 'ticker', bounded: false, type: types.long(), open }
export default defineJob({ name: 'ticker', build: (env) => void env.addSource(source, undefined, { uid: 'ticker' }).print() })
`
  const folder = folderWith({ 'job.ts': ticker })
  const first = start(folder, 'run', 'job.ts', '--checkpoint-dir', 'checkpoints', '--checkpoint-interval', '50ms')
  try {
    await first.until('1\n')
    const second = await millrace(folder, 'run', 'job.ts', '--checkpoint-dir', 'checkpoints')
    expect([second.code, second.stdout]).toEqual([2, ''])
    const error = printedError(second)
    expect(error).toMatch(/^error CKPT_LEASE_HELD: Job 'ticker' is already running on these checkpoints: process \d+ on .*\. Stop it, or give this one another name or checkpoint directory\.[^]*at: .*checkpoints\/ticker\/lease-/)
    expect(error).toContain(`process ${first.process.pid} on`)
    expect(first.process.exitCode).toBeNull()
  } finally {
    first.process.kill('SIGINT')
  }
  expect((await first.finished).code).toBe(130)
})
