import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'

/** What CI runs after `npm ci`: every check, then what the README promises, then the counts of the test runner. */
interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

const REPORT = 'out/test-report.json'
rmSync(REPORT, { force: true })

const failures: string[] = []
for (const [name, ...command] of [
  ['build', 'npm', 'run', '--silent', 'build'],
  ['typecheck', 'npm', 'run', '--silent', 'typecheck'],
  ['lint', 'npm', 'run', '--silent', 'lint'],
  ['packages', 'npm', 'run', '--silent', 'publint'],
  ['tests', 'npx', 'vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
  ['start', 'npm', 'start', '--silent'],
  ['resume', 'npm', 'run', '--silent', 'resume'],
  ['S3 example', 'npm', 'run', '--silent', 'example:s3'],
] as const) {
  console.log(`\n── ${name}: ${command.join(' ')}`)
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' })
  if (status !== 0) failures.push(name)
}

const report = JSON.parse(readFileSync(REPORT, 'utf8')) as TestReport
const skipped = report.numPendingTests + report.numTodoTests
// A conformance suite may skip a case by a declared capability; anything else that is skipped was not tested.
for (const { name, assertionResults } of report.testResults) {
  for (const { status, fullName } of assertionResults) {
    if (!['passed', 'failed'].includes(status) && !/suites?\.test\.ts$/.test(name)) failures.push(`skipped: ${fullName}`)
  }
}
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`)
console.log(`${report.numPassedTests} passed, ${report.numFailedTests + failures.filter((name) => name !== 'tests').length} failed, ${skipped} skipped`)
process.exitCode = failures.length > 0 ? 1 : 0
