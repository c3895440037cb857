import type { FaultKind, FaultPoint } from '../e2e/parallel/fault.ts'
import { listeningLogger, RESTART_LIMIT_MS } from '../e2e/parallel/listening-logger.ts'
import { parallelRun } from '../e2e/parallel/run-parallel.ts'
import type { CaseResult, ChaosCase } from './chaos-case.ts'
import { chaosJobs } from './jobs/all-jobs.ts'
import { mix, randomFrom } from './random.ts'

const KINDS: readonly FaultKind[] = ['exit', 'heap', 'timer', 'throw', 'loop']
/** What is not tried again when it happens twice without a checkpoint between: a job that has one of these twice may end. */
const ONCE: readonly FaultKind[] = ['heap', 'timer', 'throw']
const POINTS: readonly FaultPoint[] = ['write', 'poll', 'snapshotSplits', 'prepareCommit']
const FAULTS_PER_RUN = 3
/** Calls in one thread by which all of the points above have been passed several times. */
const LATEST_CALL: Readonly<Partial<Record<FaultPoint, number>>> = { write: 400, poll: 200, snapshotSplits: 6, prepareCommit: 6 }

/** Each job in worker threads that end by themselves, run out of heap, throw, or loop for ever, at places that the seed chooses. */
export function workerFaults(seed: number): readonly ChaosCase[] {
  return chaosJobs.map(({ name: job }, index) => ({ name: `workers/${job}`, run: () => runWithFaults(job, mix(seed, index)) }))
}

async function runWithFaults(job: string, seed: number): Promise<CaseResult> {
  const random = randomFrom(seed)
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
  const faults: { kind: FaultKind; point: FaultPoint; call: number }[] = []
  while (faults.length < FAULTS_PER_RUN) {
    const point = pick(POINTS)
    const kind = pick(KINDS.filter((one) => !ONCE.includes(one) || faults.every((fault) => fault.kind !== one)))
    faults.push({ kind, point, call: 1 + Math.floor(random() * (LATEST_CALL[point] ?? 1)) })
  }
  const ioThread = random() < 0.5
  const said = `${faults.map(({ kind, point, call }) => `${kind} at ${point} ${call}`).join(', ')}${ioThread ? ', threads for I/O' : ''}`
  const logger = listeningLogger()
  await using run = await parallelRun(job, { seed: seed % 1_000_000, recordsPerSecond: 1500, records: 4000, ioThread })
  const client = await run.submit(
    { parallelism: 4, workers: 2, workerHeapMb: 128, restart: { kind: 'fixedDelay', attempts: 20, delay: '50ms' }, stuckFunction: { limit: '3s', action: 'restart' }, logger },
    ...faults,
  )
  try {
    const { numRestarts } = await client.done
    const difference = await run.difference()
    if (difference !== undefined) return { ok: false, detail: `${said}\n  the output is wrong: ${difference.missing} lines missing, ${difference.surplus} too many\n    ${difference.examples.join('\n    ')}` }
    const slowestMs = Math.max(...logger.restartsMs())
    return { ok: numRestarts > 0 && slowestMs <= RESTART_LIMIT_MS, detail: `${said}: ${numRestarts} restarts, the slowest ${slowestMs} ms, exact` }
  } catch (error) {
    return { ok: false, detail: `${said}\n  the job failed: ${String(error)}` }
  }
}
