import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'
import { chaosRun, problemOf, type CaseResult, type ChaosCase } from './chaos-case.ts'
import { checkpointDirectory, outputDirectory, type ChaosRun } from './chaos-run.ts'
import { compareLines, publishedLines } from './output.ts'
import { chaosJob } from './jobs/all-jobs.ts'
import { mix } from './random.ts'
import { inAHurry, runProcess } from './supervisor.ts'

const SMALL_BYTES = 512 * 1024
const LARGE_BYTES = 256 * 1024 * 1024
const execute = promisify(execFile)

/** A disk that gets full under the checkpoints, and one under the output: a clear failure, and exact once there is room. */
export function fullDisk(seed: number): readonly ChaosCase[] {
  return (['checkpoints', 'output'] as const).map((what, index) => ({
    name: `full-disk/${what}`,
    run: (directory) => runWithFullDisk(chaosRun({ job: 'keyed-count', seed: mix(seed, index) % 1_000_000, directory }), what),
  }))
}

/** On a small tmpfs where it can be mounted; otherwise, or with `mount: false`, on a file system that raises ENOSPC itself. */
export async function runWithFullDisk(run: ChaosRun, what: 'checkpoints' | 'output', { mount = true } = {}): Promise<CaseResult> {
  const path = what === 'checkpoints' ? checkpointDirectory(run) : outputDirectory(run)
  await mkdir(path, { recursive: true })
  await mkdir(`${run.directory}/tmp`, { recursive: true })
  const mounted = mount && (await mountTmpfs(path, SMALL_BYTES))
  const disk = mounted ? 'on a tmpfs' : 'on a file system that raises ENOSPC itself'
  try {
    const full = await runProcess(mounted ? run : { ...run, fullDisk: { path, bytes: SMALL_BYTES } }, { kind: 'toTheEnd' })
    if (full.exitCode !== 1 || !full.stderr.includes('the disk is full') || !full.stderr.includes(path)) {
      return { ok: false, detail: `${disk}: expected exit code 1 and an error that says the disk is full below ${path}, found ${full.exitCode}: ${full.stderr}` }
    }
    if (full.completedCheckpoints === 0) return { ok: false, detail: `${disk}: the disk was full before the first checkpoint` }
    if (mounted) await execute('mount', ['-o', `remount,size=${LARGE_BYTES}`, path])
    const end = await runProcess({ ...inAHurry(run), life: 1 }, { kind: 'toTheEnd' })
    const difference = compareLines(chaosJob(run.job).expected(run), await publishedLines(outputDirectory(run)))
    const report = { run, countedKills: 0, earlyKills: 0, checkpoints: full.completedCheckpoints + end.completedCheckpoints, missedFailpoints: [] }
    const problem = problemOf({ ...report, ...(end.exitCode === 0 ? {} : { failure: end.stderr }), ...(difference === undefined ? {} : { difference }) })
    if (problem !== undefined) return { ok: false, detail: `${disk}: with room again, ${problem}` }
    return { ok: true, detail: `${disk}: failed clearly after ${full.completedCheckpoints} checkpoints, exact with room again` }
  } finally {
    if (mounted) await execute('umount', [path])
  }
}

async function mountTmpfs(path: string, bytes: number): Promise<boolean> {
  return execute('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', path]).then(
    () => true,
    () => false,
  )
}
