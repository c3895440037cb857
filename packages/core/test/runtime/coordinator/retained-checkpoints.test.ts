import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../../src/api/stream-execution-environment.ts'
import type { CheckpointOptions } from '../../../src/environment/run-options.ts'
import { fileCheckpointStorage } from '../../../src/runtime/checkpoint/storage/file-checkpoint-storage.ts'
import type { CheckpointStorage, CheckpointStore } from '../../../src/spi/checkpoint-storage.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'
import { checkpoint } from '../../../src/testing/script.ts'
import { scriptedSource } from '../../../src/testing/scripted-source.ts'
import { testJob, type TestJob } from '../../../src/testing/test-job.ts'

let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-retained-'))
})
afterEach(() => rm(directory, { recursive: true }))

/** Waits for a checkpoint three times, and then for ever. */
const build = (env: StreamExecutionEnvironment): void =>
  env
    .fromSource(scriptedSource<number>([1, checkpoint, 2, checkpoint, 3, checkpoint]), undefined, { uid: 'source' })
    .keyBy((n) => n)
    .reduce((a, b) => a + b)
    .uid('sum')
    .sinkTo(collectingSink<number>(), { uid: 'sink' })
const start = (options: CheckpointOptions = {}): Promise<TestJob> => testJob(build, { checkpoints: { interval: '10ms', storage: directory, ...options } })
const found = async (): Promise<readonly string[]> => (await readdir(join(directory, 'test'))).filter((name) => name.startsWith('chk-')).sort()

async function runUntilCheckpoint(job: TestJob, completed: number): Promise<void> {
  await job.until(() => (job.client.status().lastCheckpoint?.checkpointId ?? 0) >= completed)
}

test('the newest completed checkpoints are kept, older ones removed as they are overtaken', async () => {
  const job = await start({ retained: 2 })
  await runUntilCheckpoint(job, 4)
  await job.cancel()
  const kept = await found()
  expect(kept).toHaveLength(2)
  for (const name of kept) expect(await readdir(join(directory, 'test', name))).toContain('_metadata')
})

test('canceling leaves checkpoints to go on from, unless they are not to be retained', async () => {
  const kept = await start()
  await runUntilCheckpoint(kept, 1)
  await kept.cancel()
  expect(await found()).toHaveLength(1)
  const job = await start({ retainOnCancel: false })
  await runUntilCheckpoint(job, 2)
  const savepoint = await job.savepoint(join(directory, 'savepoints'))
  await job.cancel()
  expect(await found()).toEqual([])
  expect(await readdir(savepoint)).toContain('_metadata')
})

test('stopping leaves them in any case', async () => {
  const job = await start({ retainOnCancel: false })
  await runUntilCheckpoint(job, 2)
  await job.stop()
  expect(await found()).toHaveLength(1)
})

test('what an earlier run has left half-written is neither picked up nor kept', async () => {
  const first = await start()
  await runUntilCheckpoint(first, 1)
  await first.cancel()
  const [complete = ''] = await found()
  // higher than the complete one, with state and without metadata
  const half = join(directory, 'test', 'chk-99.e1')
  await mkdir(half)
  await writeFile(join(half, 'sum-0'), 'half of a state')
  const logged: object[] = []
  const logger = { debug() {}, info: (fields: object) => void logged.push(fields), warn() {}, error() {} }
  const next = await testJob(build, { checkpoints: { storage: directory }, from: 'latest', logger })
  await next.until(() => next.client.status().state === 'running')
  await next.cancel()
  expect(await found()).toEqual([complete])
  expect(logged).toContainEqual(expect.objectContaining({ checkpoint: join(directory, 'test', complete) }))
})

test('a half-written checkpoint that the user names is refused, and stays where it is', async () => {
  const first = await start()
  await runUntilCheckpoint(first, 1)
  await first.cancel()
  const half = join(directory, 'test', 'chk-99.e1')
  await mkdir(half)
  await writeFile(join(half, 'sum-0'), 'half of a state')
  const refused = testJob(build, { checkpoints: { storage: directory }, from: half })
  await expect(refused).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND', message: expect.stringContaining(half) as string })
  expect(await readdir(half)).toEqual(['sum-0'])
})

test('what a slow task writes after its checkpoint was given up is removed with the next one', async () => {
  const files = fileCheckpointStorage(directory)
  const abandoned = join(directory, 'test', 'chk-1.e1')
  const released = Promise.withResolvers<void>()
  const slow: CheckpointStorage = {
    ...files,
    async open(context) {
      const store = await files.open(context)
      const create = store.createStateOutput.bind(store)
      const createStateOutput: CheckpointStore['createStateOutput'] = async (checkpointId, name, target) => {
        const output = await create(checkpointId, name, target)
        if (checkpointId > 1) return output
        // as an object store does, which has no directories that could be gone
        const close = async (): ReturnType<typeof output.close> => {
          await released.promise
          await output.abort()
          await mkdir(abandoned)
          await writeFile(join(abandoned, 'state'), 'late')
          return { path: 'state', sizeBytes: 4 }
        }
        return { write: (bytes) => output.write(bytes), ready: () => output.ready(), abort: () => output.abort(), close }
      }
      return Object.assign(store, { createStateOutput })
    },
  }
  const job = await start({ storage: slow, timeout: '50ms', tolerableFailures: 10 })
  await job.until(() => job.client.status().failedCheckpoints > 0)
  await job.until(() => !existsSync(abandoned))
  released.resolve()
  await job.until(() => existsSync(abandoned))
  await job.until(() => !existsSync(abandoned))
  await job.cancel()
  expect(job.client.status().lastCheckpoint?.checkpointId).toBeGreaterThan(1)
  expect(await found()).toHaveLength(1)
})
