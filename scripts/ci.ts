import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'

/** What CI runs after `npm ci`: every check, then what the README promises, then the counts of the test runner. */
interface TestReport {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[] }[]
}

/** One after the other: a broker that starts would take the time of tests that have a limit. */
const PROJECTS = ['unit', 'kafka', 's3']
const reportOf = (project: string): string => `out/test-report-${project}.json`
for (const project of PROJECTS) rmSync(reportOf(project), { force: true })

const failures: string[] = []
for (const [name, ...command] of [
  ['build', 'npm', 'run', '--silent', 'build'],
  ['typecheck', 'npm', 'run', '--silent', 'typecheck'],
  ['lint', 'npm', 'run', '--silent', 'lint'],
  ['packages', 'npm', 'run', '--silent', 'publint'],
  ['installed packages', 'npm', 'run', '--silent', 'installed'],
  ...PROJECTS.map((project) => [`${project} tests`, 'npx', 'vitest', 'run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${reportOf(project)}`] as const),
  ['start', 'npm', 'start', '--silent'],
  ['resume', 'npm', 'run', '--silent', 'resume'],
  ['S3 example', 'npm', 'run', '--silent', 'example:s3'],
] as const) {
  console.log(`\n── ${name}: ${command.join(' ')}`)
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' })
  if (status !== 0) failures.push(name)
}

const counts = { passed: 0, failed: 0, skipped: 0 }
for (const project of PROJECTS.filter((name) => existsSync(reportOf(name)))) {
  const report = JSON.parse(readFileSync(reportOf(project), 'utf8')) as TestReport
  counts.passed += report.numPassedTests
  counts.failed += report.numFailedTests
  counts.skipped += report.numPendingTests + report.numTodoTests
  // A conformance suite may skip a case by a declared capability; anything else that is skipped was not tested.
  for (const { name, assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults) {
      if (!['passed', 'failed'].includes(status) && !/suites?\.test\.ts$/.test(name)) failures.push(`skipped: ${fullName}`)
    }
  }
}
if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`)
// failed tests are counted one by one, unless their run ended without a report
const others = failures.filter((name) => !name.endsWith(' tests') || counts.failed === 0)
console.log(`${counts.passed} passed, ${counts.failed + others.length} failed, ${counts.skipped} skipped`)
process.exitCode = failures.length > 0 ? 1 : 0
