import { fileSink, fileSource } from '@millrace/connector-file'
import type { S3FileSystem } from '@millrace/connector-s3'
import { defineJob, fileCheckpointStorage, silentLogger, submit, types, WatermarkStrategy } from '@millrace/core'
import type { JobClient, RunOptions, StreamExecutionEnvironment } from '@millrace/core'
import { createRealClock, testJob } from '@millrace/core/testing'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import { freshPlace } from './support/fixture.ts'
import { outputLines } from './support/output-lines.ts'
import { onEachServer } from './support/with-servers.ts'

const Row = types.row({ id: types.long(), group: types.string() })
const rowAt = (id: number): { readonly id: number; readonly group: string } => ({ id, group: `g${(id * 7) % 5}` })
const rows = (from: number, to: number): string => Array.from({ length: to - from }, (_, i) => JSON.stringify(rowAt(from + i))).join('\n')
const csvOf = (from: number, to: number): Uint8Array =>
  new TextEncoder().encode(`id,group\n${Array.from({ length: to - from }, (_, i) => `${from + i},${rowAt(from + i).group}\n`).join('')}`)
const sorted = (text: string): readonly string[] => text.split('\n').toSorted()

onEachServer('jobs', (server) => {
  test('csv in, partitioned JSON lines out, checkpoints beside them: failures change nothing', async () => {
    const { fileSystem, root } = await freshPlace(server)
    const each = 2000
    const publish = (file: number): Promise<void> => fileSystem.publish(`${root}/in/2001/rows-${file}.csv`, csvOf(file * each, (file + 1) * each))
    await fileSystem.publish(`${root}/in/2001/readme.txt`, new TextEncoder().encode('not a row'))
    await publish(0)
    // each failure waits for checkpoints of its own
    let failures = 0
    const isDue = (): boolean => failures < 3 && (client?.status().lastCheckpoint?.checkpointId ?? 0) > failures * 2
    const build = (env: StreamExecutionEnvironment): void => {
      env
        .fromSource(fileSource({ path: `${root}/in/**/*.csv`, format: csv(Row), splitBytes: 8000, monitorEvery: '20ms' }), WatermarkStrategy.noWatermarks(), { uid: 'in' })
        .map((row) => {
          if (!isDue()) return row
          failures++
          throw new Error('planned')
        }, Row)
        .uid('failing')
        .sinkTo(fileSink({ path: `${root}/out`, format: jsonLines(Row), partition: ({ group }) => `group=${group}`, rollEvery: '200ms' }), { uid: 'out' })
    }
    const client: JobClient = await submit(defineJob({ name: 'copy', build }), {
      logger: silentLogger,
      parallelism: 2,
      fileSystems: [fileSystem],
      checkpoints: { storage: `${root}/checkpoints`, interval: '50ms' },
      restart: { kind: 'fixedDelay', attempts: 10, delay: '1ms' },
    })
    for (let file = 1; file <= 3; file++) {
      await until(client, () => isDue() || failures >= file)
      await publish(file)
      await until(client, () => failures >= file)
    }
    await until(client, async () => (await outputLines(fileSystem, `${root}/out`)).length >= 4 * each)
    await client.stop({ drain: true })
    expect(sorted((await outputLines(fileSystem, `${root}/out`)).join('\n'))).toEqual(sorted(rows(0, 4 * each)))
    for await (const { path } of fileSystem.list(`${root}/out`)) expect(path).toMatch(/\/group=g\d$/)
    // a failure between two checkpoints may leave files that no checkpoint knows; of published ones nothing is left
    const left = await fileSystem.cleanUp(`${root}/out`, { olderThan: '0ms' })
    const unfinished = left.uploads.map(({ path }) => path)
    for (const { path } of left.objects) expect(unfinished.some((target) => path.startsWith(`${target.replace(/[^/]*$/, '.')}${target.slice(target.lastIndexOf('/') + 1)}.millrace-`)), path).toBe(true)
    for (const path of unfinished) expect(await fileSystem.status(path), path).toBeUndefined()
    expect(await fileSystem.cleanUp(`${root}/out`, { olderThan: '0ms' })).toEqual({ uploads: [], objects: [], kept: [] })
  })

  test('a continuous job finds new objects, is stopped with a savepoint on s3, and goes on at another parallelism', async () => {
    const { fileSystem, root } = await freshPlace(server)
    await fileSystem.publish(`${root}/in/a.csv`, csvOf(0, 1000))
    const copy = (env: StreamExecutionEnvironment): void => {
      env
        .fromSource(fileSource({ path: `${root}/in`, format: csv(Row), monitorEvery: '50ms' }), WatermarkStrategy.noWatermarks(), { uid: 'in' })
        .sinkTo(fileSink({ path: `${root}/out`, format: jsonLines(Row) }), { uid: 'out' })
    }
    const options = { clock: createRealClock(), fileSystems: [fileSystem], checkpoints: { storage: fileCheckpointStorage(`${root}/checkpoints`), interval: '100ms' } } as const satisfies RunOptions & { clock: unknown }
    const first = await testJob(copy, { ...options, parallelism: 1 })
    await first.until(() => first.client.status().recordsIn >= 1000)
    await fileSystem.publish(`${root}/in/b.csv`, csvOf(1000, 3000))
    await first.until(() => first.client.status().recordsIn >= 3000)
    const { savepoint } = await first.stop({ savepoint: `${root}/savepoints` })
    expect(savepoint).toContain(`${root}/savepoints/savepoint-`)
    await fileSystem.publish(`${root}/in/c.csv`, csvOf(3000, 4000))
    const second = await testJob(copy, { ...options, parallelism: 3, from: savepoint as string })
    await second.until(() => second.client.status().recordsIn >= 1000)
    await second.stop({ drain: true })
    expect(sorted((await outputLines(fileSystem, `${root}/out`)).join('\n'))).toEqual(sorted(rows(0, 4000)))
  })

  test('two of six columns of a Parquet object cost less than 45 % of its bytes', async () => {
    const { fileSystem, root } = await freshPlace(server)
    const names = ['a', 'b', 'c', 'd', 'e', 'f'] as const
    const all = Object.fromEntries(names.map((name) => [name, types.double()])) as Record<(typeof names)[number], ReturnType<typeof types.double>>
    const Six = types.row(all)
    const Two = types.row({ b: types.double(), e: types.double() })
    const table = Array.from({ length: 60_000 }, (_, i) => Object.fromEntries(names.map((name, column) => [name, Math.sin(i * 6 + column)])) as Record<(typeof names)[number], number>)
    const run = async (build: (env: StreamExecutionEnvironment) => void): Promise<void> => {
      const client = await submit(defineJob({ name: 'columns', build }), { logger: silentLogger, fileSystems: [fileSystem] })
      await client.done
    }
    await run((env) => env.fromData(table, Six).sinkTo(fileSink({ path: `${root}/table`, format: parquet(Six, { rowGroupRows: 20_000 }) })))
    let size = 0
    for await (const file of fileSystem.list(`${root}/table`)) size += file.size
    const before = fileSystem.statistics.bytesRead
    let sum = 0
    await run((env) => {
      env
        .fromSource(fileSource({ path: `${root}/table`, format: parquet(Two), splitBytes: 500_000 }), WatermarkStrategy.noWatermarks())
        .map(({ b, e }) => {
          sum += b + e
          return { b, e }
        }, Two)
        .sinkTo(fileSink({ path: `${root}/two`, format: parquet(Two) }))
    })
    expect(sum).toBeCloseTo(table.reduce((total, { b, e }) => total + b + e, 0), 6)
    const share = (fileSystem.statistics.bytesRead - before) / size
    expect(share).toBeGreaterThan(0.3)
    expect(share).toBeLessThanOrEqual(0.45)
  })

  test('checkpoints are refused on a store without conditional writes', async () => {
    const place = await freshPlace(server)
    const proxy = await startFaultyProxy(server.endpoint)
    try {
      const { fileSystem, root } = await freshPlace(server, { endpoint: proxy.endpoint })
      let puts = 0
      proxy.fault = ({ operation }) => (operation === 'PutObject' && puts++ === 1 ? { kind: 'error', status: 501, code: 'NotImplemented' } : undefined)
      const start = (): Promise<unknown> => runCopy(place.fileSystem, fileSystem, root)
      await expect(start()).rejects.toMatchObject({ code: 'S3_NO_CONDITIONAL_WRITES' })
    } finally {
      await proxy.stop()
    }
  })
})

/** Rejects when the job fails before. */
async function until(client: JobClient, condition: () => boolean | Promise<boolean>): Promise<void> {
  let ended = false
  const end = client.done.finally(() => {
    ended = true
  })
  end.catch(() => {}) // rejects the race below
  while (!ended && !(await condition())) await Promise.race([end, delay(10)])
}

async function runCopy(data: S3FileSystem, fileSystem: S3FileSystem, root: string): Promise<void> {
  await data.publish(`${root}/in/a.csv`, csvOf(0, 10))
  const client = await submit(
    defineJob({
      name: 'refused',
      build: (env) => env.fromSource(fileSource({ path: `${root}/in`, format: csv(Row) }), WatermarkStrategy.noWatermarks(), { uid: 'in' }).sinkTo(fileSink({ path: `${root}/out`, format: jsonLines(Row) }), { uid: 'out' }),
    }),
    { logger: silentLogger, fileSystems: [fileSystem], checkpoints: { storage: `${root}/checkpoints`, interval: '1s' }, restart: { kind: 'none' } },
  )
  await client.done
}
