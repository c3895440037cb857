/**
 * Moves an object a few times in one way and prints what it measured: `transfer-worker.ts VARIANT PLACE`, PLACE being JSON. The first
 * transfer is not timed: it loads the SDK and opens connections.
 */
import { transfers } from './transfers.ts'
import type { TransferPlace } from './transfers.ts'

export interface TransferReport {
  readonly megabytesPerSecond: number
  readonly peakMegabytes: number
}

const TIMES = 2

const [name, place] = process.argv.slice(2)
const open = transfers[name ?? '']
if (open === undefined || place === undefined) throw new Error(`no transfer ${name}; there are ${Object.keys(transfers).join(', ')}`)
const parsed = JSON.parse(place) as TransferPlace
const transfer = open(parsed)
await transfer()
const startedMs = performance.now()
for (let left = TIMES; left > 0; left--) await transfer()
const seconds = (performance.now() - startedMs) / 1000
process.stdout.write(JSON.stringify({ megabytesPerSecond: (TIMES * parsed.bytes) / 1e6 / seconds, peakMegabytes: process.resourceUsage().maxRSS / 1000 } satisfies TransferReport))
