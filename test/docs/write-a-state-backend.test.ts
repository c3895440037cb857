import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'
import { pages } from './code-blocks.ts'
import { ROOT } from './error-codes.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-sqlite-page-'))
afterAll(() => rmSync(directory, { recursive: true }))

it('the SQLite backend of the page passes the conformance suite, as the page runs it', { timeout: 120_000 }, async () => {
  symlinkSync(`${ROOT}node_modules`, join(directory, 'node_modules'), 'junction')
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }')
  const blocks = pages().find(({ path }) => path === 'docs/write-a-state-backend.md')?.blocks ?? []
  for (const { file, text } of blocks) writeFileSync(join(directory, file), text)
  const backend = blocks.find(({ file }) => file === 'sqlite-state-backend.ts')
  expect(backend?.text.split('\n').length).toBeLessThan(100)
  const command = ['--conditions=@millrace/source', '--test', '--test-reporter=tap', 'sqlite-state-backend.test.ts']
  // a runner inside a runner would report to it instead of running
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env
  const run = promisify(execFile)(process.execPath, command, { cwd: directory, env, maxBuffer: 1 << 24 })
  const stdout = await run.then((result) => result.stdout, ({ stdout: output }: { readonly stdout: string }) => output)
  expect(stdout.match(/^\s*not ok .*$/gm) ?? []).toEqual([])
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(70)
})
