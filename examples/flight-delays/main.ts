import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { submit } from '@millrace/core'
import job from './job.ts'
import { outputLines } from './output-files.ts'
import { AIRPORTS, FLIGHTS } from './paths.ts'
import { worstAirportDays } from './report.ts'

const out = resolve('out/flight-delays')
await rm(out, { recursive: true, force: true })

console.log('Reading three million flights of 2001 …')
const client = await submit(job, {
  params: { flights: FLIGHTS, airports: AIRPORTS, out },
  checkpoints: { storage: `${out}/checkpoints`, interval: '1s' },
})
const progress = setInterval(() => {
  const { recordsIn, lastCheckpoint } = client.status()
  console.log(`  ${recordsIn.toLocaleString('en')} records, checkpoint ${lastCheckpoint?.checkpointId ?? 'none yet'}`)
}, 1000)
const result = await client.done.finally(() => clearInterval(progress))

const seconds = result.durationMs / 1000
console.log(`\n${await worstAirportDays(out)}\n`)
console.log(`${result.recordsIn.toLocaleString('en')} records in ${seconds.toFixed(1)} s: ${Math.round(result.recordsIn / seconds).toLocaleString('en')} a second`)
console.log(`Output: ${out}/daily (JSON lines), ${out}/weekly (CSV)`)
console.log(`${result.recordsRejected} bad record, kept in ${out}/dead-letters:`)
for (const line of await outputLines(`${out}/dead-letters`)) console.log(`  ${line}`)
