/**
 * Runs one variant of one case in a process of its own and prints what it measured: `rate-worker.ts CASE VARIANT RECORDS check|time`.
 * One run, cold: a second one in the same process would be another job through code that V8 has fitted to the first.
 */
import type { Outcome } from './rate-case.ts'
import { rateCases } from './suites.ts'

export interface WorkerReport extends Outcome {
  /** Records per CPU-second of the whole process, its garbage collector and compiler threads included. */
  readonly rate: number
  /** Records per second. */
  readonly wallRate: number
}

const [caseName, variantName, recordCount, mode] = process.argv.slice(2)
const open = rateCases.find(({ name }) => name === caseName)?.variants[variantName ?? '']
if (open === undefined) throw new Error(`no variant ${variantName} of ${caseName}`)
const records = Number(recordCount)
const variant = await open()
await variant.prepare?.()
const startMs = performance.now()
const before = process.cpuUsage()
const outcome = await variant.run(records, mode === 'check')
const { user, system } = process.cpuUsage(before)
const wallMs = performance.now() - startMs
process.stdout.write(JSON.stringify({ ...outcome, rate: (records * 1e6) / (user + system), wallRate: (records * 1000) / wallMs } satisfies WorkerReport))
