import { listeningLogger } from '../e2e/parallel/listening-logger.ts'
import { parallelRun } from '../e2e/parallel/run-parallel.ts'
import type { CaseResult, ChaosCase } from './chaos-case.ts'

const SPIN_MS = 60_000

/** A map function that does not return for a minute breaks nothing, and is named: at once in a worker, afterwards without. */
export function longSpins(seed: number): readonly ChaosCase[] {
  return [
    { name: 'spin/in-a-worker', run: () => spin(seed, { parallelism: 2, workers: 2 }) },
    { name: 'spin/in-one-thread', run: () => spin(seed, { parallelism: 1, workers: 0 }) },
  ]
}

async function spin(seed: number, shape: { readonly parallelism: number; readonly workers: number }): Promise<CaseResult> {
  const logger = listeningLogger()
  await using run = await parallelRun('user-functions', { seed, records: 4000, recordsPerSecond: 2000 })
  const client = await run.submit({ ...shape, logger }, { kind: 'spin', point: 'map', call: 500, spinMs: SPIN_MS })
  const outcome = await client.done.catch((error: unknown) => error)
  if (outcome instanceof Error) return { ok: false, detail: `the job failed: ${String(outcome)}` }
  const { numRestarts } = client.status()
  const difference = await run.difference()
  const metric = (name: string): number => client.metrics().reduce((sum, sample) => sum + (sample.name === name ? (sample.value ?? 0) : 0), 0)
  const said = logger.lines.find(({ fields, message }) => message.includes('not return') && String(fields['operator']).includes('map'))
  const stack = String(said?.fields['stack'])
  const problems = [
    ...(difference === undefined ? [] : [`the output is wrong: ${difference.missing} lines missing, ${difference.surplus} too many`]),
    ...(numRestarts === 0 ? [] : [`${numRestarts} restarts`]),
    ...(metric('numberOfFailedCheckpoints') === 0 ? [] : ['a checkpoint failed']),
    ...(metric('numStuckFunctions') === 1 ? [] : [`numStuckFunctions is ${metric('numStuckFunctions')}`]),
    ...(said === undefined ? ['no line of the log names the operator'] : []),
    // without workers there is nobody who could look while it spins
    ...(shape.workers === 0 || (said?.fields['operator'] === 'map' && stack.includes('passOn')) ? [] : [`the log says ${String(said?.fields['operator'])} at ${stack}`]),
  ]
  return { ok: problems.length === 0, detail: problems.length === 0 ? `${SPIN_MS / 1000} s in a map function: named, and nothing else happened` : problems.join('; ') }
}
