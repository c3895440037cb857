import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { silentLogger } from '../../../src/environment/logger.ts'
import { submit } from '../../../src/environment/submit.ts'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { defineJob } from '../../../src/api/define-job.ts'

const url = new URL('fixtures/lanes-job.ts', import.meta.url)
const quiet = { logger: silentLogger }
let folder: string
let out: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-workers-'))
  out = join(folder, 'out')
})
afterEach(() => rmSync(folder, { recursive: true }))

const written = (): readonly (readonly number[])[] => readFileSync(out, 'utf8').trimEnd().split('\n').map((line) => line.split(' ').map(Number))

describe('a job given by its URL', () => {
  test('runs in workers, every subtask in one of them', { timeout: 30_000 }, async () => {
    const client = await submit(url, { ...quiet, parallelism: 4, workers: 2, params: { out } })
    expect(await client.done).toMatchObject({ state: 'finished', recordsIn: 1000, recordsOut: 1000 })
    const lines = written()
    expect(lines.map(([, n]) => n as number).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
    expect(new Set(lines.map(([thread]) => thread)).size).toBe(2)
    const received = client.metrics().filter(({ name, labels }) => name === 'numRecordsIn' && labels['operator'] === 'sink lines')
    expect(received.map(({ labels }) => labels['subtask']).toSorted()).toEqual(['0', '1', '2', '3'])
  })
  test.each([{ parallelism: 1, workers: 4 }, { parallelism: 3, workers: 1 }, { parallelism: 3 }])('uses no thread with %o', async (shape) => {
    const client = await submit(url, { ...quiet, ...shape, params: { out } })
    expect(await client.done).toMatchObject({ state: 'finished' })
    expect(new Set(written().map(([thread]) => thread)).size).toBe(1)
  })
  test('is refused with the difference when its builder gives another plan in a worker', { timeout: 30_000 }, async () => {
    const client = await submit(url, { ...quiet, parallelism: 2, workers: 2, params: { out, plan: 'random' } })
    await expect(client.done).rejects.toMatchObject({
      code: 'CORE_PLAN_MISMATCH',
      origin: 'user',
      message: expect.stringMatching(/job\.nodes\[0\] \(source sequence\)\.parallelism: \d+ on the coordinator, \d+ here/) as string,
    })
  })
  test('keeps its checkpoints in temporary files when no storage is given', { timeout: 30_000 }, async () => {
    const client = await submit(url, { ...quiet, parallelism: 2, workers: 2, params: { out }, checkpoints: { interval: '10ms' } })
    expect(await client.done).toMatchObject({ state: 'finished' })
    const pointer = client.status().lastCheckpoint?.pointer ?? ''
    expect(pointer).toContain('millrace-checkpoints-')
    expect(() => readFileSync(join(pointer, '_metadata'))).toThrow('ENOENT')
  })
})

describe('workers are refused', () => {
  test('for a job without a URL', async () => {
    const job = defineJob({ name: 'here', build(env) { env.fromSequence(1, 2).print() } })
    await expect(submit(job, { ...quiet, workers: 2 })).rejects.toMatchObject({ code: 'CORE_WORKERS_NEED_URL', origin: 'user' })
  })
  test.each([
    ['stateBackend', { stateBackend: heapStateBackend() }],
    ['checkpoints.storage', { checkpoints: { storage: memoryCheckpointStorage() } }],
  ])('with a %s that was given in code', async (option, given) => {
    await expect(submit(url, { ...quiet, parallelism: 2, workers: 2, params: { out }, ...given })).rejects.toMatchObject({ code: 'CORE_WORKERS_NEED_CONFIG', message: expect.stringContaining(option) as string })
  })
  test('with parameters that cannot be sent', async () => {
    const client = await submit(url, { ...quiet, parallelism: 2, workers: 2, params: { out, callback: () => {} } })
    await expect(client.done).rejects.toMatchObject({ code: 'CORE_WORKER_START', origin: 'user' })
  })
})
