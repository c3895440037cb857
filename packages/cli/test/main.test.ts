import { rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { millrace, project, type Finished } from './millrace.ts'

const folders: string[] = []
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true })))

function run(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Finished> {
  const folder = project(files)
  folders.push(folder)
  return millrace(folder, ...args)
}

test('help lists the commands, and those of the packages of the project', async () => {
  const files = {
    'package.json': '{"dependencies":{"tides":"1","not-installed":"1","plain":"1"}}',
    'node_modules/tides/package.json': '{"name":"tides","type":"module","exports":{"./cli":"./cli.js"}}',
    'node_modules/tides/cli.js': "export const commands = [{ name: 'tide', summary: 'Show the tide', async run(host) { host.stdout.write(`tide ${host.argv}\\n`); return 7 } }]",
    'node_modules/plain/package.json': '{"name":"plain","exports":{".":"./index.js"}}',
  }
  const { code, stdout } = await run(files, '--help')
  expect(code).toBe(0)
  for (const name of ['run', 'explain', 'init', 'status', 'savepoint', 'stop', 'cancel']) expect(stdout).toMatch(new RegExp(`^  ${name} +[A-Z]`, 'm'))
  expect(stdout).toMatch(/tide +Show the tide/)
  expect(await run(files, 'tide', 'high', '--low')).toEqual({ code: 7, stdout: 'tide high,--low\n', stderr: '' })
})

test('a package whose commands cannot be loaded is named', async () => {
  const files = {
    'package.json': '{"devDependencies":{"@tides/broken":"1"}}',
    'node_modules/@tides/broken/package.json': '{"name":"@tides/broken","type":"module","exports":{"./cli":"./cli.js"}}',
    'node_modules/@tides/broken/cli.js': "throw new Error('ebb')",
  }
  const { code, stderr } = await run(files, 'tide')
  expect([code, stderr]).toEqual([1, expect.stringMatching(/CLI_INVALID_EXTENSION: The commands of @tides\/broken\/cli.*loading it failed[^]*caused by: Error: ebb/)])
})

test('the version is that of the package', async () => {
  expect(await run({}, '--version')).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' })
})

const JOB = "import { defineJob } from '@millrace/core'\nexport default defineJob({ name: 'j', build() {} })\n"

test.each([
  ['an unknown command', {}, ['savpoint'], 'CLI_UNKNOWN_COMMAND: millrace has no command savpoint. Did you mean savepoint?'],
  ['a job instead of a command', {}, ['job.ts'], 'Did you mean millrace run job.ts?'],
  ['an unknown flag', { 'job.ts': JOB }, ['run', 'job.ts', '--paralelism', '2'], 'CLI_UNKNOWN_FLAG: millrace run has no flag --paralelism. Did you mean --parallelism?'],
  ['no job', {}, ['run'], 'CLI_INVALID_ARGUMENT: millrace run expects a job module'],
  ['two jobs', { 'job.ts': JOB }, ['run', 'job.ts', 'other.ts'], "millrace run job.ts expects flags only, found 'other.ts'"],
  ['a missing job', { 'jobs.ts': JOB }, ['run', 'job.ts'], 'CLI_JOB_NOT_FOUND: There is no job module job.ts. Did you mean jobs.ts?'],
  ['a job in a missing folder', {}, ['run', 'x/job.ts'], 'its folder does not exist'],
  ['a folder as job', { 'job/a.ts': '' }, ['run', 'job'], 'job is not a file'],
  ['no default export', { 'job.ts': 'export const job = 1' }, ['run', 'job.ts'], "CLI_NO_DEFAULT_EXPORT: Expected 'export default defineJob({ … })', but it exports only job"],
  ['a default export that is no job', { 'job.ts': 'export default () => 1' }, ['run', 'job.ts'], 'CLI_NOT_A_JOB: Expected the default export to be what defineJob({ name, build }) returns, found a function'],
  ['an enum', { 'job.ts': '\nexport enum A { B }' }, ['run', 'job.ts'], /CLI_TYPESCRIPT_SYNTAX: .*enum is not supported.*erasableSyntaxOnly[^]*job\.ts:2\n/],
  ['broken TypeScript', { 'job.ts': 'const x: = 1' }, ['run', 'job.ts'], /CLI_SYNTAX: the job module or a module that it imports is not valid[^]*job\.ts:1\n/],
  ['broken JavaScript', { 'job.mjs': 'const = 1' }, ['run', 'job.mjs'], /CLI_SYNTAX: .*Unexpected token[^]*job\.mjs\n/],
  ['an export that does not exist', { 'job.ts': "import { defineJobb } from '@millrace/core'" }, ['run', 'job.ts'], /CLI_SYNTAX: .*defineJobb/],
  ['a package that is not installed', { 'job.ts': "import 'nowhere'" }, ['run', 'job.ts'], /CLI_IMPORT_FAILED: .*Cannot find package 'nowhere'.*install the package/],
  ['a module that throws', { 'job.ts': "\nthrow new Error('early')" }, ['run', 'job.ts'], /CLI_IMPORT_FAILED: Loading the job module failed: early[^]*job\.ts:2\n/],
  ['a build that throws', { 'job.ts': JOB.replace('build() {}', "build() { throw new Error('late') }") }, ['explain', 'job.ts'], "CLI_BUILD_FAILED: The build function of the job 'j' threw: late"],
  ['a job without sinks', { 'job.ts': JOB }, ['explain', 'job.ts'], 'CORE_EMPTY_JOB'],
  ['an unknown format', { 'job.ts': JOB }, ['explain', 'job.ts', '--format', 'xml'], "--format expects one of text, json, mermaid, found 'xml'"],
  ['a broken configuration', { 'job.ts': JOB, 'millrace.config.ts': 'export default 1' }, ['run', 'job.ts'], "CLI_INVALID_CONFIG: Expected 'export default defineConfig({ … })', found number"],
] as const)('%s is one clear error and exit code 2', async (_what, files, args, message) => {
  const { code, stdout, stderr } = await run(files, ...args)
  expect(stderr).toMatch(message)
  expect(stderr).toMatch(/^error /)
  expect(stderr).not.toMatch(/^ +at \S+ \(/m)
  expect([code, stdout]).toEqual([2, ''])
})

test('talking to a job where none runs', async () => {
  expect(await run({}, 'status')).toEqual({ code: 0, stdout: 'No job is running.\n', stderr: '' })
  expect(await run({}, 'stop', 'flights')).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining("CLI_NO_SUCH_JOB: There is no running job 'flights'; no job is running") })
})

test('a job is explained as text, JSON and Mermaid, with the settings of a run', async () => {
  const job = `import { defineJob, types } from '@millrace/core'
export default defineJob({ name: 'doubled', build(env) { env.fromData([1, 2], types.int()).map((n) => n * 2, types.int()).print() } })`
  const files = { 'job.ts': job, 'millrace.config.ts': "import { defineConfig } from '@millrace/core'\nexport default defineConfig({ optimizer: { chaining: false } })" }
  expect((await run({ 'job.ts': job }, 'explain', 'job.ts')).stdout).toContain('job doubled: 1 vertex')
  const unchained = await run(files, 'explain', '--format', 'json', 'job.ts', '--parallelism=3')
  const plan = JSON.parse(unchained.stdout) as { jobName: string; vertices: { parallelism: number }[] }
  expect([plan.jobName, plan.vertices.length, Math.max(...plan.vertices.map((vertex) => vertex.parallelism))]).toEqual(['doubled', 3, 3])
  expect((await run(files, 'explain', 'job.ts', '--format=mermaid')).stdout).toMatch(/^(flowchart|graph) /)
})
