import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ChaosRun } from './chaos-run.ts'
import type { RunReport } from './supervisor.ts'

export interface CaseResult {
  readonly ok: boolean
  /** One line on what happened, for the summary. */
  readonly detail: string
  readonly report?: RunReport
}

/** One thing the suite tries. */
export interface ChaosCase {
  /** Such as `kills/heap/tumbling`. */
  readonly name: string
  run(directory: string): Promise<CaseResult>
}

export interface CaseOutcome extends CaseResult {
  readonly name: string
  readonly durationMs: number
}

/** Gives a case a directory of its own, which stays if it fails: then `detail` says where. */
export async function runCase({ name, run }: ChaosCase): Promise<CaseOutcome> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  const startedMs = performance.now()
  const result = await run(directory)
  if (result.ok) await rm(directory, { recursive: true, force: true })
  return { name, ...result, detail: result.ok ? result.detail : `${result.detail}\n  files: ${directory}`, durationMs: performance.now() - startedMs }
}

/** A run with the settings most cases share. */
export function chaosRun(settings: Pick<ChaosRun, 'job' | 'seed' | 'directory'> & Partial<ChaosRun>): ChaosRun {
  return { records: 60_000, backend: 'heap', snapshots: 'full', parallelism: 2, rescales: false, checkpointIntervalMs: 100, recordsPerSecond: 3000, life: 0, uploadFailures: 0, ...settings }
}

/** Exact output, every failpoint reached, no process that failed by itself. */
export function judgeRun(report: RunReport): CaseResult {
  const { countedKills, earlyKills, checkpoints, run } = report
  const problem = problemOf(report)
  const counts = `${countedKills} kills${earlyKills > 0 ? ` (and ${earlyKills} before the first checkpoint)` : ''}, ${checkpoints} checkpoints, seed ${run.seed}`
  return { ok: problem === undefined, detail: problem === undefined ? `${counts}, exact` : `${counts}\n  ${problem}`, report }
}

/** What is wrong with a run; undefined if nothing is. */
export function problemOf({ failure, difference, missedFailpoints }: RunReport): string | undefined {
  if (failure !== undefined) return `a process failed: ${failure.trim()}`
  if (difference !== undefined) return `the output is wrong: ${difference.missing} lines missing, ${difference.surplus} too many\n    ${difference.examples.join('\n    ')}`
  if (missedFailpoints.length > 0) return `these failpoints were never reached: ${missedFailpoints.join(', ')}`
  return undefined
}
