import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const file = fileURLToPath(new URL('ten-tests.ts', import.meta.url))

it('a suite of ten tests of jobs ends in under two seconds', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@millrace/source', '--test-reporter=tap', file])
  expect(stdout).toContain('# tests 10\n')
  expect(stdout).toContain('# pass 10\n')
  // By the CPU, Node's own start and the type stripping of all sources included: other work on the machine must not decide.
  const [, cpuMs = Number.NaN] = /(\d+) ms of CPU/.exec(stdout)?.map(Number) ?? []
  expect(cpuMs).toBeLessThan(2_000)
})
