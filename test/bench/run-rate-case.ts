import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Comparison } from './bench-line.ts'
import { compare } from './bench-line.ts'
import type { Outcome, RateCase } from './rate-case.ts'
import type { WorkerReport } from './rate-worker.ts'

const WORKER = fileURLToPath(new URL('rate-worker.ts', import.meta.url))
const PROCESSES = 5
const SLOW_PROCESSES = 3
const UNIT = 'records/cpu-s'

interface Participant {
  readonly rateCase: RateCase
  readonly variant: string
  readonly rates: number[]
}

/** Checks that all variants give the same rows, then times them in turn, and compares ours with each baseline. */
export async function runRateCase(rateCase: RateCase): Promise<readonly Comparison[]> {
  const { against, fewerRecords } = rateCase
  const participants: Participant[] = Object.keys(rateCase.variants).map((variant) => ({ rateCase, variant, rates: [] }))
  const checked = new Map<Participant, Outcome>()
  for (const participant of participants) checked.set(participant, await work(participant, fewerRecords, 'check'))
  requireSame(rateCase.name, checked)
  const other: Participant | undefined = against && { rateCase: against.rateCase, variant: 'ours', rates: [] }
  const timed = new Map<Participant, Outcome>()
  for (let round = 0; round < PROCESSES; round++) {
    for (const participant of other === undefined ? participants : [...participants, other]) {
      if (isSlow(participant) && round >= SLOW_PROCESSES) continue
      const { rate, rows, digest } = await work(participant, isSlow(participant) ? fewerRecords : participant.rateCase.records, 'time')
      participant.rates.push(rate)
      if (participant !== other && !isSlow(participant)) timed.set(participant, { rows, digest })
    }
  }
  requireSame(rateCase.name, timed)
  const ratesOf = (variant: string): readonly number[] => participants.find((one) => one.variant === variant)?.rates ?? []
  const comparisons = Object.entries(rateCase.baselines).map(([baseline, target]): Comparison => {
    const line = compare(rateCase.name, UNIT, baseline, ratesOf('ours'), ratesOf(baseline))
    return target === undefined ? { line } : { line, target }
  })
  if (against === undefined || other === undefined) return comparisons
  return [...comparisons, { line: compare(rateCase.name, UNIT, against.rateCase.name, ratesOf('ours'), other.rates), target: against.target }]
}

function requireSame(name: string, outcomes: ReadonlyMap<Participant, Outcome>): void {
  const described = [...outcomes].map(([{ variant }, { rows, digest }]) => ({ variant, result: `${rows} rows, digest ${digest}` }))
  if (new Set(described.map(({ result }) => result)).size === 1) return
  throw new Error(`${name}: the variants disagree, so that their rates mean nothing: ${described.map(({ variant, result }) => `${variant} ${result}`).join('; ')}`)
}

function isSlow({ rateCase, variant }: Participant): boolean {
  return rateCase.slow?.includes(variant) === true
}

/** Runs a variant once, in a process of its own. */
export async function work({ rateCase, variant }: Pick<Participant, 'rateCase' | 'variant'>, records: number, mode: 'check' | 'time'): Promise<WorkerReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, WORKER, rateCase.name, variant, String(records), mode], { maxBuffer: 1 << 24 })
  return JSON.parse(stdout) as WorkerReport
}
