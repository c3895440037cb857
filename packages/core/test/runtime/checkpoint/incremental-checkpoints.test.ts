import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import type { CheckpointOptions } from '../../../src/environment/run-options.ts'
import { count } from '../../../src/functions/aggregates.ts'
import { mapState, valueState } from '../../../src/functions/state-descriptor.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../../src/functions/window-assigners.ts'
import { decodeCheckpointMetadata, filesOf } from '../../../src/runtime/checkpoint/checkpoint-metadata.ts'
import { decodeMetadataFile } from '../../../src/runtime/checkpoint/storage/metadata-file.ts'
import { memoryCheckpointStorage } from '../../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { heapStateBackend } from '../../../src/runtime/state/heap/heap-state-backend.ts'
import { orderedStoreBackend } from '../../../src/runtime/state/ordered/ordered-store-backend.ts'
import { openSavepoint } from '../../../src/savepoint/index.ts'
import type { StateHandle } from '../../../src/spi/checkpoint-storage.ts'
import { type CollectingSink, collectingSink } from '../../../src/testing/collecting-sink.ts'
import { at, checkpoint, end, watermark } from '../../../src/testing/script.ts'
import { type Script, scriptedSource } from '../../../src/testing/scripted-source.ts'
import { testJob, type TestJob, type TestJobOptions } from '../../../src/testing/test-job.ts'
import * as types from '../../../src/types/types.ts'
import { memoryStore } from '../state/ordered/memory-store.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-incremental-'))
})
afterEach(() => rm(directory, { recursive: true }))

const KEYS = 1600
const ROUNDS = 40
const STOPS = [10, 13, 16, 20]
const backends = {
  heap: () => heapStateBackend(),
  ordered: () => orderedStoreBackend({ name: 'ordered', open: () => memoryStore({ snapshots: true, late: true }), cacheBytes: 100_000 }),
}

/** Four splits. The first rounds bring all keys, the later ones a few; a checkpoint after each of `STOPS`. */
function scripts(rounds: number): Script<number>[] {
  return Array.from({ length: 4 }, (_, split) => {
    const script = Array.from({ length: rounds }, (_, round) => {
      const keys = round < 10 ? Array.from({ length: KEYS / 40 }, (_, i) => (round * KEYS) / 40 + i).map((key) => key * 4 + split) : [split, round * 4 + split]
      return [...keys.map((key) => at(round * 1000, key % KEYS)), watermark(round * 1000), ...(STOPS.includes(round + 1) ? [checkpoint] : [])]
    }).flat()
    return rounds === ROUNDS ? [...script, end] : script
  })
}

/** State of every kind that changes, comes and goes: counts, remembered rounds, timers, windows. */
function build(sink: CollectingSink<string>, rounds: number): (env: StreamExecutionEnvironment) => void {
  return (env) => {
    const keyed = env.fromSource(scriptedSource<number>(...scripts(rounds)), WatermarkStrategy.fromSource(), { uid: 'numbers' }).keyBy((n) => n)
    keyed
      .process((context) => {
        const seen = context.state(valueState('seen', types.long()))
        const rows = context.state(mapState('rounds', types.long(), types.long()))
        return {
          processElement(_n, timestamp, output) {
            seen.update((seen.value() ?? 0) + 1)
            rows.put(timestamp, seen.value() as number)
            context.registerEventTimeTimer(timestamp + 2500)
            output.collect(`${context.key}: ${seen.value()}`)
          },
          onTimer(timestamp, output) {
            output.collect(`${context.key} at ${timestamp}: ${rows.get(timestamp - 2500)}`)
            rows.remove(timestamp - 2500)
          },
        }
      }, types.string())
      .uid('counting')
      .sinkTo(sink, { uid: 'sink' })
    keyed
      .window(TumblingEventTimeWindows.of('3s'))
      .aggregate({ n: count() }, ({ n }, key, { start }) => `window ${start} of ${key}: ${n}`)
      .uid('window')
      .sinkTo(sink, { uid: 'window-sink' })
  }
}

async function start(sink: CollectingSink<string>, rounds: number, checkpoints: CheckpointOptions = {}, options: TestJobOptions = {}): Promise<TestJob> {
  return testJob(build(sink, rounds), { ...options, checkpoints: { interval: '10ms', storage: directory, incremental: true, ...checkpoints } })
}
const RECORDS = scripts(20).flat().filter((item) => typeof item === 'object' && 'value' in item).length
const lastId = (job: TestJob): number => job.client.status().lastCheckpoint?.checkpointId ?? 0
/** Until everything has come, and some checkpoints more. */
async function untilCheckpoints(job: TestJob, more: number): Promise<void> {
  await job.until(() => job.client.status().recordsIn === RECORDS)
  const last = lastId(job)
  await job.until(() => lastId(job) >= last + more)
}
const namesIn = async (prefix: string): Promise<readonly string[]> => (await readdir(join(directory, 'test'))).filter((name) => name.startsWith(prefix)).sort()

/** The files of the newest checkpoint, by operator and subtask. */
async function newestFiles(): Promise<{ readonly path: string; readonly files: readonly (readonly StateHandle[])[] }> {
  const [newest = ''] = (await namesIn('chk-')).toSorted((a, b) => Number(/\d+/.exec(b)?.[0]) - Number(/\d+/.exec(a)?.[0]))
  const path = join(directory, 'test', newest)
  const { operators } = decodeCheckpointMetadata(decodeMetadataFile(await readFile(join(path, '_metadata')), path).metadata, path)
  return { path, files: operators.flatMap(({ subtasks }) => subtasks.flatMap(({ keyed }) => (keyed === undefined ? [] : [filesOf(keyed)]))) }
}

async function undisturbed(): Promise<readonly string[]> {
  const sink = collectingSink<string>()
  await (await testJob(build(sink, ROUNDS), { checkpoints: { interval: '10ms', storage: memoryCheckpointStorage() } })).finish()
  return sink.values.toSorted()
}

test.each([
  ['heap', 2, 'heap', 2],
  ['heap', 2, 'ordered', 3],
  ['ordered', 3, 'heap', 1],
  ['ordered', 1, 'ordered', 4],
] as const)('a job goes on from an incremental checkpoint: %s, parallelism %i → %s, %i', async (before, parallelism, after, next) => {
  const sink = collectingSink<string>()
  const first = await start(sink, 20, {}, { stateBackend: backends[before](), parallelism })
  await untilCheckpoints(first, 1)
  await first.cancel()
  const { files } = await newestFiles()
  expect(files).toHaveLength(2 * parallelism)
  expect(Math.max(...files.map((chain) => chain.length))).toBeGreaterThan(1)
  const second = await start(sink, ROUNDS, {}, { stateBackend: backends[after](), parallelism: next, from: 'latest' })
  await second.finish()
  expect(sink.values.toSorted()).toEqual(await undisturbed())
})

test('a checkpoint writes what has changed, and a savepoint everything', async () => {
  const job = await start(collectingSink(), 20)
  await untilCheckpoints(job, 2)
  await job.cancel()
  const { path, files } = await newestFiles()
  const counting = files.find(([full]) => (full?.sizeBytes ?? 0) > 5000) as readonly StateHandle[]
  const [full, ...changes] = counting.map(({ sizeBytes }) => sizeBytes)
  expect(changes.length).toBeGreaterThan(0)
  expect(Math.max(...changes)).toBeLessThan((full as number) / 4)
  const next = await start(collectingSink(), 20, {}, { from: path })
  await next.until(() => lastId(next) > lastId(job) + 1)
  const savepoint = await next.savepoint(join(directory, 'savepoints'))
  await next.cancel()
  // moved away from everything it might refer to
  const { operators } = await openSavepoint(savepoint)
  for (const { metadata } of operators) for (const { keyed } of metadata.subtasks) expect(keyed?.base).toBeUndefined()
  const counts: unknown[] = []
  for await (const { value } of (await openSavepoint(savepoint)).operator('counting').keyedState('seen')) counts.push(value)
  expect(counts).toHaveLength(KEYS)
})

test('an incremental checkpoint can be looked into like a full one', async () => {
  const job = await start(collectingSink(), 20)
  await untilCheckpoints(job, 1)
  await job.cancel()
  const { path } = await newestFiles()
  const keys: unknown[] = []
  for await (const { key } of (await openSavepoint(path)).operator('counting').keyedState('seen')) keys.push(key)
  expect(new Set(keys).size).toBe(KEYS)
  expect(keys).toHaveLength(KEYS)
})

test('what no retained checkpoint needs is removed, and nothing else', async () => {
  const job = await start(collectingSink(), 20, { retained: 2 })
  for (let completed = 0; completed < 3; completed++) {
    await untilCheckpoints(job, 2)
    const { path, files } = await newestFiles()
    for (const chain of files) for (const file of chain) expect((await readFile(join(path, file.path))).length).toBe(file.sizeBytes)
  }
  await job.cancel()
  expect(await namesIn('chk-')).toHaveLength(2)
  const { files } = await newestFiles()
  const needed = new Set(files.flat().map((file) => file.path.split('/')[1]))
  // those of the one retained before it are at most one more
  expect((await namesIn('shared-')).filter((name) => !needed.has(name)).length).toBeLessThanOrEqual(1)
  const next = await start(collectingSink(), 20, { incremental: false }, { from: 'latest' })
  const restored = lastId(job)
  await next.until(() => lastId(next) > restored + 3)
  await next.cancel()
  expect(await namesIn('shared-')).toEqual([])
})

test('with the checkpoints of a canceled job goes what they shared', async () => {
  const job = await start(collectingSink(), 20, { retainOnCancel: false })
  await untilCheckpoints(job, 1)
  await job.cancel()
  expect([...(await namesIn('chk-')), ...(await namesIn('shared-'))]).toEqual([])
})

test('a missing or damaged file of the chain is named', async () => {
  const first = await start(collectingSink(), 20)
  await untilCheckpoints(first, 1)
  await first.cancel()
  const { path, files } = await newestFiles()
  const [chain = []] = files.toSorted((a, b) => b.length - a.length)
  expect(chain.length).toBeGreaterThan(1)
  for (const file of new Set([chain[0], chain[1], chain.at(-1)] as readonly StateHandle[])) {
    const name = join(path, file.path)
    const bytes = await readFile(name)
    const restore = async (): Promise<void> => (await start(collectingSink(), ROUNDS, {}, { from: path, restart: { kind: 'none' } })).finish().then(() => {})
    await rm(name)
    await expect(restore()).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND', message: expect.stringContaining(name) as string })
    const flipped = Buffer.from(bytes)
    flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] as number) ^ 4
    await writeFile(name, flipped)
    await expect(restore()).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringContaining(file.path.slice(3)) as string })
    await writeFile(name, bytes)
  }
})

test('where it cannot be had, checkpoints are full, and a line says so', async () => {
  const lines: string[] = []
  const logger = { debug() {}, info() {}, error() {}, warn: (_fields: object, message: string) => void lines.push(message) }
  const job = await start(collectingSink(), 20, { storage: memoryCheckpointStorage() }, { logger })
  await untilCheckpoints(job, 1)
  await job.cancel()
  expect(lines).toContain('checkpoints are full, not incremental: the checkpoint storage cannot share state between checkpoints')
})
