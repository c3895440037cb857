import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { millrace, project, startNode } from './millrace.ts'

/** Counts numbers, and keeps the count as `type`. */
const job = (type: string, uid = 'counter'): string => `import { defineJob, runMain, types, valueState } from '@millrace/core'
export default defineJob({
  name: 'counting',
  build(env) {
    env.fromSequence(1, 100).uid('numbers').keyBy((n) => n % 10)
      .process((ctx) => {
        const count = ctx.state(valueState('count', ${type}))
        return { processElement() { count.update((count.value() ?? 0) + 1) } }
      }, types.long())
      .uid('${uid}').print()
  },
})
`
/** Puts state where the job will look for it. */
const BOOTSTRAP = `import { valueState, types } from '@millrace/core'
import { keyedOperator, writeSavepoint } from '@millrace/core/savepoint'
await writeSavepoint('saved', [keyedOperator('counter', {
  records: [1, 2, 3], keyBy: (n) => n, process: (n, state) => state(valueState('count', types.int())).update(n * 10),
})], { jobName: 'old-system', now: () => Date.UTC(2026, 0, 2) })
console.log('written')
`
let folder = ''
beforeAll(async () => {
  folder = project({
    'job.ts': job('types.int()'),
    'wider.ts': job('types.long()'),
    'other.ts': job('types.string()'),
    'renamed.ts': job('types.int()', 'counts'),
    'bootstrap.ts': BOOTSTRAP,
  })
  expect((await startNode(folder, 'bootstrap.ts').finished).stdout).toBe('written\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

test('inspect shows operators and states, as text and as JSON', async () => {
  const text = await millrace(folder, 'savepoint', 'inspect', 'saved')
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain('savepoint 1 of job old-system, 2026-01-02T00:00:00.000Z')
  expect(text.stdout).toMatch(/counter \(counter\) {2}×1 of at most 128/)
  expect(text.stdout).toMatch(/count +value of int +3 keys +3 entries/)
  const json = await millrace(folder, 'savepoint', 'inspect', 'saved', '--json')
  expect(JSON.parse(json.stdout)).toMatchObject({ job: 'old-system', operators: [{ uid: 'counter', keyedStates: [{ name: 'count', kind: 'value', keys: 3 }] }] })
})

test('diff says what a start would do, in text, JSON and exit code', async () => {
  const same = await millrace(folder, 'savepoint', 'diff', 'job.ts', 'saved')
  expect(same.code).toBe(0)
  expect(same.stdout).toMatch(/^Job counting can start from .*saved\n/)
  expect(same.stdout).toContain('+ numbers')
  const wider = await millrace(folder, 'savepoint', 'diff', 'wider.ts', 'saved')
  expect(wider.stdout).toMatch(/~ count +value of int → value of long\n/)
  expect(wider.code).toBe(0)
  const other = await millrace(folder, 'savepoint', 'diff', 'other.ts', 'saved')
  expect(other.stdout).toMatch(/would be refused by[^]*! STATE_INCOMPATIBLE|! .*'count' as value of int/)
  expect(other.code).toBe(1)
  const renamed = await millrace(folder, 'savepoint', 'diff', 'renamed.ts', 'saved', '--json')
  expect(renamed.code).toBe(1)
  const { operators } = JSON.parse(renamed.stdout) as { operators: { uid: string; change: string; problems: string[] }[] }
  expect(operators.find(({ uid }) => uid === 'counter')).toMatchObject({ change: 'dropped', problems: [expect.stringContaining('--allow-dropped-state counter') as unknown] })
})

test('what is missing or damaged is said', async () => {
  expect(await millrace(folder, 'savepoint', 'inspect')).toMatchObject({ stderr: expect.stringContaining('expects the path of one savepoint') as unknown, code: 2 })
  expect((await millrace(folder, 'savepoint', 'inspect', 'nowhere')).stderr).toContain('CKPT_NOT_FOUND')
  expect((await millrace(folder, 'savepoint', 'diff', 'job.ts')).stderr).toContain('expects a job module and the path')
  writeFileSync(join(folder, 'saved', '_metadata'), 'no metadata')
  expect((await millrace(folder, 'savepoint', 'inspect', 'saved')).stderr).toContain('CKPT_CORRUPT')
})

test('the rest still means a running job', async () => {
  expect((await millrace(folder, 'savepoint')).stderr).toContain('CLI_NO_SUCH_JOB')
  expect((await millrace(folder, 'savepoint', '--help')).stdout).toContain('Takes a savepoint of a running job')
})
