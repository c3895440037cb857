import { mkdir } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { chaosRun, problemOf, type CaseResult, type ChaosCase } from './chaos-case.ts'
import { outputDirectory, type ChaosRun } from './chaos-run.ts'
import { chaosJob } from './jobs/all-jobs.ts'
import { compareLines, publishedLines } from './output.ts'
import { mix } from './random.ts'
import { startProcess, type RunningProcess } from './supervisor.ts'

/** How long a lease lives without renewal, and a little more. */
const LEASE_MS = 31_000

/**
 * A process is paused, as by a suspended machine, until its lease has run out and another one has taken over; then it wakes.
 * Before that nobody gets the lease, afterwards it may do nothing any more.
 */
export function pausedProcess(seed: number): readonly ChaosCase[] {
  return [{ name: 'lease/paused-process', run: (directory) => runWithPause(chaosRun({ job: 'keyed-count', seed: mix(seed, 11) % 1_000_000, directory })) }]
}

async function runWithPause(run: ChaosRun): Promise<CaseResult> {
  await mkdir(`${run.directory}/tmp`, { recursive: true })
  const first = startProcess(run)
  let second: RunningProcess | undefined
  try {
    await checkpoints(first, 3)
    first.kill('SIGSTOP')
    const tooEarly = await startProcess(run).ended
    if (tooEarly.exitCode === 0 || !tooEarly.stderr.includes('CKPT_LEASE_HELD')) return { ok: false, detail: `expected CKPT_LEASE_HELD while the lease is fresh, found ${tooEarly.exitCode}: ${tooEarly.stderr}` }
    await delay(LEASE_MS)
    second = startProcess({ ...run, life: 1 })
    await checkpoints(second, 2)
    first.kill('SIGCONT')
    const fenced = await first.ended
    if (fenced.exitCode !== 1 || !fenced.stderr.includes('CKPT_FENCED')) return { ok: false, detail: `expected the woken process to end with CKPT_FENCED, found ${fenced.exitCode}: ${fenced.stderr}` }
    const end = await second.ended
    const difference = compareLines(chaosJob(run.job).expected(run), await publishedLines(outputDirectory(run)))
    const problem = problemOf({
      ...{ run, countedKills: 0, earlyKills: 0, checkpoints: 0, missedFailpoints: [] },
      ...(end.exitCode === 0 ? {} : { failure: end.stderr }),
      ...(difference === undefined ? {} : { difference }),
    })
    return { ok: problem === undefined, detail: problem ?? `the lease was held while fresh, taken over after ${LEASE_MS} ms, and the woken process was fenced; exact` }
  } finally {
    for (const process of [first, second]) process?.kill('SIGKILL')
  }
}

/** Resolves when the process has completed so many checkpoints, or has ended. */
async function checkpoints(process: RunningProcess, count: number): Promise<void> {
  let ended = false
  const watch = process.ended.then(() => (ended = true))
  while (!ended && process.completedCheckpoints < count) await Promise.race([watch, delay(10)])
}
