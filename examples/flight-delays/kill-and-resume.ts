import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { access, readdir, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { outputLines } from './output-files.ts'
import { AIRPORTS, FLIGHTS } from './paths.ts'
import { worstAirportDays } from './report.ts'

/**
 * Runs the job once undisturbed and once with kill -9 half-way and a second process that goes on from the latest checkpoint,
 * then compares what the two have written.
 */
const root = resolve('out/kill-and-resume')
await rm(root, { recursive: true, force: true })

console.log('1. The job, undisturbed')
await expectExit(run(`${root}/undisturbed`), 0)

console.log('2. The job again, killed with SIGKILL half-way, after its sixth checkpoint')
const victim = run(`${root}/killed`)
await completedCheckpoints(`${root}/killed/checkpoints`, 6, victim)
victim.kill('SIGKILL')
await expectExit(victim, null)
console.log(`   killed; ${(await outputLines(`${root}/killed/daily`)).length} airport-days had been published`)

console.log('3. A new process goes on from the latest checkpoint')
await expectExit(run(`${root}/killed`, '--from', 'latest'), 0)

const [expected, found] = [await digest(`${root}/undisturbed`), await digest(`${root}/killed`)]
console.log(`\n${await worstAirportDays(`${root}/killed`, 3)}\n`)
console.log(`undisturbed: ${expected}\nkilled:      ${found}`)
if (expected !== found) throw new Error('the output of the killed job differs from that of the undisturbed one')
console.log('Identical: every flight was counted exactly once.')

function run(out: string, ...flags: readonly string[]): ChildProcess {
  const parameters = ['--param', `flights=${FLIGHTS}`, '--param', `airports=${AIRPORTS}`, '--param', `out=${out}`]
  const checkpoints = ['--checkpoint-dir', `${out}/checkpoints`, '--checkpoint-interval', '500ms']
  const job = fileURLToPath(new URL('./job.ts', import.meta.url))
  return spawn(process.execPath, [...process.execArgv, job, ...parameters, ...checkpoints, '--log-level', 'warn', ...flags], { stdio: ['ignore', 'inherit', 'inherit'] })
}

async function expectExit(child: ChildProcess, code: number | null): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (child.exitCode !== code) throw new Error(`expected the job to end with exit code ${code}, it ended with ${child.exitCode}`)
}

/** Resolves when `count` checkpoints have been completed below the directory. */
async function completedCheckpoints(directory: string, count: number, child: ChildProcess): Promise<void> {
  const seen = new Set<string>()
  while (seen.size < count) {
    if (child.exitCode !== null) throw new Error(`the job ended before it had taken ${count} checkpoints`)
    for (const entry of await readdir(directory, { recursive: true }).catch(() => [])) {
      if (entry.endsWith('_metadata') && (await exists(`${directory}/${entry}`))) seen.add(entry)
    }
    await delay(20)
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

/** Of all output lines, in no particular order. */
async function digest(out: string): Promise<string> {
  const lines = [...(await outputLines(`${out}/daily`)), ...(await outputLines(`${out}/weekly`)).filter((line) => !line.startsWith('origin,'))]
  return `${lines.length} rows, sha256 ${createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 16)}`
}
