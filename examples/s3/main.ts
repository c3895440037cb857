/**
 * `npm run example:s3`: Parquet to daily partitions on S3, checkpoints on S3. Runs the job once undisturbed, and once with kill -9 in the
 * midst of it and a second process that goes on from the latest checkpoint, then compares what the two have published.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { s3FileSystem } from '@millrace/connector-s3'
import { FLIGHTS } from '../flight-delays/paths.ts'
import { openStore } from './store.ts'

const CHECKPOINTS_BEFORE_KILL = 4
const store = await openStore()
try {
  const files = s3FileSystem()
  const { root } = store

  console.log('1. The job, undisturbed')
  await expectExit(run(`${root}/undisturbed`), 0)

  console.log(`2. The job again, killed with SIGKILL after its checkpoint ${CHECKPOINTS_BEFORE_KILL}`)
  const victim = run(`${root}/killed`)
  await completedCheckpoints(`${root}/killed/checkpoints`, CHECKPOINTS_BEFORE_KILL, victim)
  victim.kill('SIGKILL')
  await expectExit(victim, null)
  console.log(`   killed; ${(await published(`${root}/killed/out`)).lines} flights had been published`)

  console.log('3. A new process goes on from the latest checkpoint')
  await expectExit(run(`${root}/killed`, '--from', 'latest'), 0)

  const [expected, found] = [await published(`${root}/undisturbed/out`), await published(`${root}/killed/out`)]
  console.log(`\nundisturbed: ${expected.days} days, ${expected.lines} flights, sha256 ${expected.digest}`)
  console.log(`killed:      ${found.days} days, ${found.lines} flights, sha256 ${found.digest}`)
  if (expected.digest !== found.digest) throw new Error('the output of the killed job differs from that of the undisturbed one')
  console.log('Identical: every flight was published exactly once.')

  const { uploads, objects } = await files.cleanUp(root, { olderThan: '0ms' })
  console.log(`Left by the killed process and cleaned up: ${uploads.length} uploads, ${objects.length} hidden objects.`)

  function run(out: string, ...flags: readonly string[]): ChildProcess {
    const job = fileURLToPath(new URL('./job.ts', import.meta.url))
    const parameters = ['--param', `flights=${FLIGHTS}`, '--param', `out=${out}/out`]
    const checkpoints = ['--checkpoint-dir', `${out}/checkpoints`, '--checkpoint-interval', '500ms', '--log-level', 'warn']
    return spawn(process.execPath, [...process.execArgv, job, ...parameters, ...checkpoints, ...flags], { stdio: ['ignore', 'inherit', 'inherit'] })
  }

  /** Resolves when `count` checkpoints have been completed. */
  async function completedCheckpoints(path: string, count: number, child: ChildProcess): Promise<void> {
    const seen = new Set<string>()
    while (seen.size < count) {
      if (child.exitCode !== null) throw new Error(`the job ended before it had taken ${count} checkpoints`)
      for await (const { path: file } of files.list(path, { recursive: true })) if (file.endsWith('/_metadata')) seen.add(file)
      await delay(50)
    }
  }

  /** What lies in all days, in no particular order. */
  async function published(path: string): Promise<{ readonly days: number; readonly lines: number; readonly digest: string }> {
    const days = new Set<string>()
    const lines: string[] = []
    for await (const { path: file } of files.list(path, { recursive: true })) {
      days.add(/day=[^/]*/.exec(file)?.[0] ?? '')
      const open = await files.open(file)
      lines.push(...Buffer.from(await open.read(0, open.size)).toString().trimEnd().split('\n'))
      await open.close()
    }
    return { days: days.size, lines: lines.length, digest: createHash('sha256').update(lines.toSorted().join('\n')).digest('hex').slice(0, 16) }
  }
} finally {
  await store.stop()
}

async function expectExit(child: ChildProcess, code: number | null): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (child.exitCode !== code) throw new Error(`expected the job to end with exit code ${code}, it ended with ${child.exitCode}`)
}
