import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { createRemoteChannel } from '../../../src/runtime/network/remote-channel.ts'
import type { ChannelWorkerData, ChannelWorkerReport } from './channel-worker.ts'

const ELEMENTS = 1500

interface Pair {
  readonly produced: ChannelWorkerReport
  readonly consumed: ChannelWorkerReport
}

/** Runs both ends in threads of their own until each has reported. */
async function run(options: Pick<ChannelWorkerData, 'typed' | 'seed' | 'pauseEvery'>, limitBytes: number): Promise<Pair> {
  const handle = createRemoteChannel({ edge: 0, producer: 0, consumer: 0 }, limitBytes)
  const start = (role: ChannelWorkerData['role']): Worker =>
    new Worker(new URL('channel-worker.ts', import.meta.url), { workerData: { ...options, role, handle, elements: ELEMENTS } satisfies ChannelWorkerData })
  const workers = [start('producer'), start('consumer')] as const
  try {
    const [produced, consumed] = await Promise.all(workers.map(async (worker) => (await once(worker, 'message'))[0] as ChannelWorkerReport))
    return { produced: produced as ChannelWorkerReport, consumed: consumed as ChannelWorkerReport }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

describe('channel between two threads', () => {
  test.each([
    { typed: true, seed: 1, pauseEvery: Infinity, limitBytes: 4096 },
    { typed: true, seed: 2, pauseEvery: 50, limitBytes: 65_536 },
    { typed: false, seed: 3, pauseEvery: 100, limitBytes: 262_144 },
  ])('delivers what was sent, in order: $typed, $limitBytes bytes, seed $seed', async ({ limitBytes, ...options }) => {
    const { produced, consumed } = await run(options, limitBytes)
    expect(consumed.difference).toBeUndefined()
    expect(consumed.rows).toBeGreaterThan(50_000)
    expect(consumed.control).toBeGreaterThan(100)
    expect(produced.waits + consumed.waits).toBeGreaterThan(10)
  })
})
