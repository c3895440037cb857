/**
 * The work of `cpu-map` in threads without an engine, which is what the machine can do: `bare-map-process.ts THREADS RECORDS TURNS`.
 * Records are dealt out a thousand at a time to whoever is free. Prints how long it ran from when all threads were up.
 */
import { once } from 'node:events'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { work } from './work.ts'

const DEALT = 1000

interface Share {
  readonly records: number
  readonly turns: number
  /** The first record that nobody has taken yet. */
  readonly next: Int32Array
}

if (isMainThread) {
  const [threads = 1, records = 0, turns = 0] = process.argv.slice(2).map(Number)
  const share: Share = { records, turns, next: new Int32Array(new SharedArrayBuffer(4)) }
  const workers = Array.from({ length: threads }, () => new Worker(new URL(import.meta.url), { workerData: share }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const startMs = performance.now()
  const ends = workers.map((worker) => once(worker, 'exit'))
  for (const worker of workers) worker.postMessage('start')
  await Promise.all(ends)
  process.stdout.write(JSON.stringify({ ranMs: performance.now() - startMs }))
} else {
  const { records, turns, next } = workerData as Share
  parentPort?.once('message', () => {
    let kept = 0
    for (let from = Atomics.add(next, 0, DEALT); from < records; from = Atomics.add(next, 0, DEALT)) {
      for (let n = from; n < Math.min(records, from + DEALT); n++) kept ^= work(n, turns)
    }
    if (kept === 0.5) throw new Error('unreachable')
  })
  parentPort?.postMessage('up')
}
