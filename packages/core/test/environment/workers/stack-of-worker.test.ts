import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { stackOfWorker } from '../../../src/environment/workers/stack-of-worker.ts'

const TIMEOUT_MS = 20_000
const workers: Worker[] = []

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())))

/** Runs the text in a thread; it calls `say` before what is to be seen. */
async function started(text: string): Promise<number> {
  const worker = new Worker(`const say = () => require('node:worker_threads').parentPort.postMessage('on'); ${text}`, { eval: true, name: 'millrace worker 0' })
  workers.push(worker)
  await once(worker, 'message')
  return worker.threadId
}

const IDLE = 'setInterval(() => {}, 100_000); setTimeout(say, 20)'
// Node loads `performance` when it is first used, which is not to be seen
const loop = (name: string): string => `function ${name}() { let turns = 0; for (;;) turns += performance.now() } performance.now(); say(); ${name}()`

test('the stack of the thread that was asked for, among others and after others have ended', { timeout: 30_000 }, async () => {
  await started(IDLE)
  const [first, second] = [await started(loop('goesRound')), await started(loop('goesRoundToo'))]
  expect((await stackOfWorker(second, TIMEOUT_MS))?.frames.join()).toContain('goesRoundToo')
  expect((await stackOfWorker(first, TIMEOUT_MS))?.frames.join()).toMatch(/goesRound \(/)
  await Promise.all(workers.splice(0).map((worker) => worker.terminate()))
  const third = await started(loop('goesRoundLater'))
  expect((await stackOfWorker(third, TIMEOUT_MS))?.frames.join()).toContain('goesRoundLater')
})

test('a thread in which nothing runs has none', async () => {
  expect(await stackOfWorker(await started(IDLE), 300)).toBeUndefined()
})
