/** Runs one of the jobs of this folder in a process of its own: `job-process.ts JOB OPTIONS`, both after the other in JSON. Prints how long it ran. */
import { silentLogger, submit } from '@millrace/core'

const [job = '', options = '{}'] = process.argv.slice(2)
const client = await submit(new URL(`fixtures/${job}.ts`, import.meta.url), { logger: silentLogger, ...(JSON.parse(options) as object) })
// Threads and their modules are started once, whatever the job: what is timed is the work.
while (client.status().state !== 'running') await new Promise((resolve) => setTimeout(resolve, 1))
const startMs = performance.now()
await client.done
process.stdout.write(JSON.stringify({ ranMs: performance.now() - startMs }))
