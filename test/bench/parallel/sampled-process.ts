/**
 * Runs one of the jobs of this folder in a process of its own: `sampled-process.ts JOB OPTIONS`, the options in JSON. Prints what was seen
 * of it while it ran.
 */
import { silentLogger, submit } from '@millrace/core'

const INTERVAL_MS = 200

export interface Sample {
  /** Since the job was running. */
  readonly ms: number
  /** Resident memory of the process, all threads and the job's modules included. */
  readonly rssMb: number
  readonly checkpoints: number
  readonly lastCheckpointMs: number
}

const [job = '', options = '{}'] = process.argv.slice(2)
const client = await submit(new URL(`fixtures/${job}.ts`, import.meta.url), { logger: silentLogger, ...(JSON.parse(options) as object) })
const metric = (name: string): number => client.metrics().find((sample) => sample.name === name)?.value ?? 0
while (client.status().state !== 'running') await new Promise((resolve) => setTimeout(resolve, 1))
const startMs = performance.now()
const samples: Sample[] = []
const timer = setInterval(() => {
  samples.push({ ms: performance.now() - startMs, rssMb: process.memoryUsage.rss() / 2 ** 20, checkpoints: metric('numberOfCompletedCheckpoints'), lastCheckpointMs: metric('lastCheckpointDuration') })
}, INTERVAL_MS)
await client.done
clearInterval(timer)
process.stdout.write(JSON.stringify(samples))
