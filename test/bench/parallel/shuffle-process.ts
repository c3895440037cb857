/**
 * Moves rows from one thread to another in one way and prints how fast: `shuffle-process.ts VARIANT RECORDS`. The other thread runs
 * the same file.
 */
import { once } from 'node:events'
import { isMainThread, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Outcome } from '../rate-case.ts'
import { ShuffleDigest } from './shuffle-rows.ts'
import { shuffleVariants } from './shuffle-variant.ts'

export interface ShuffleReport extends Outcome {
  /** Records per second of the wall clock. */
  readonly rate: number
}

interface ProducerData {
  readonly variant: string
  readonly records: number
  readonly shared: unknown
}

const { variant: name, records, shared } = isMainThread ? { variant: process.argv[2] as string, records: Number(process.argv[3]), shared: undefined } : (workerData as ProducerData)
const open = shuffleVariants[name]
if (open === undefined) throw new Error(`no way to shuffle called ${name}; known are ${Object.keys(shuffleVariants).join(', ')}`)
const variant = await open()
variant.prepare?.()
if (isMainThread) {
  const memory = variant.share()
  const producer = new Worker(new URL(import.meta.url), { workerData: { variant: name, records, shared: memory } satisfies ProducerData })
  await once(producer, 'message')
  const digest = new ShuffleDigest()
  const startMs = performance.now()
  producer.postMessage('start')
  await variant.consume(memory, digest, producer)
  const seconds = (performance.now() - startMs) / 1000
  process.stdout.write(JSON.stringify({ rows: digest.rows, digest: digest.digest, rate: records / seconds } satisfies ShuffleReport), () => process.exit())
} else {
  const port = parentPort as MessagePort
  // a listener that stays keeps the thread alive while it waits for room
  port.on('message', (message) => {
    if (message === 'start') variant.produce(shared, records, port)
  })
  port.postMessage('ready')
}
