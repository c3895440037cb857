/** Runs one variant of one case in a process of its own and prints what it measured: `rate-worker.ts CASE VARIANT check|time`. */
import { median } from './bench-line.ts'
import type { Outcome, Variant } from './rate-case.ts'
import { rateCases } from './suites.ts'

export interface WorkerReport extends Outcome {
  /** Records per CPU-second of the whole process, its garbage collector and compiler threads included. */
  readonly rate: number
}

const MEASURED_RUNS = 5

const [caseName, variantName, mode] = process.argv.slice(2)
const rateCase = rateCases.find(({ name }) => name === caseName)
const open = rateCase?.variants[variantName ?? '']
if (rateCase === undefined || open === undefined) throw new Error(`no variant ${variantName} of ${caseName}`)
const variant = await open()
await variant.prepare?.()
const slow = rateCase.slow?.includes(variantName ?? '') === true
const report = mode === 'check' ? { ...(await variant.run(rateCase.records, true)), rate: 0 } : await time(variant, rateCase.records, slow)
process.stdout.write(JSON.stringify(report satisfies WorkerReport))

async function time({ run }: Variant, records: number, once: boolean): Promise<WorkerReport> {
  await run(once ? Math.ceil(records / 5) : records, false)
  const rates: number[] = []
  let outcome: Outcome = { rows: 0, digest: 0 }
  for (let left = once ? 1 : MEASURED_RUNS; left > 0; left--) {
    const before = process.cpuUsage()
    outcome = await run(records, false)
    const { user, system } = process.cpuUsage(before)
    rates.push((records * 1e6) / (user + system))
  }
  return { ...outcome, rate: median(rates) }
}
