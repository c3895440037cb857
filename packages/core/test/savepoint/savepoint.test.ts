import { cp, mkdtemp, readdir, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listState, valueState } from '../../src/functions/state-descriptor.ts'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { describeSavepoint, diffSavepoint, keyedOperator, openSavepoint, writeSavepoint } from '../../src/savepoint/index.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { at, end } from '../../src/testing/script.ts'
import { runTestJob, testJob } from '../../src/testing/test-job.ts'
import * as types from '../../src/types/types.ts'
import { byParity, graphOf, seen, statefulJob, totals } from './job-with-state.ts'

let directory = ''
let savepoint = ''
const checkpoints = { interval: '1h', storage: memoryCheckpointStorage() } as const
/** 1 to 6 in two splits. */
const halves = [[at(1, 1), at(2, 2), at(3, 3)], [at(1, 4), at(2, 5), at(3, 6)]]
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'millrace-savepoint-'))
  const job = await testJob(statefulJob(halves, collectingSink<string>()), { checkpoints, parallelism: 2 })
  await job.until(() => job.client.status().recordsIn === 6)
  savepoint = (await job.stop({ savepoint: join(directory, 'taken') })).savepoint as string
})
afterAll(() => rm(directory, { recursive: true }))

const sorted = <T>(values: Iterable<T>): T[] => [...values].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const value of values) found.push(value)
  return sorted(found)
}

describe('reading', () => {
  test('keyed state, timers and windows, of all subtasks', async () => {
    const operator = (await openSavepoint(savepoint)).operator('totals')
    const entry = { namespace: null, userKey: undefined }
    expect(await all(operator.keyedState('total'))).toEqual([
      { ...entry, key: 'k0', value: { sum: 9 } },
      { ...entry, key: 'k1', value: { sum: 5 } },
      { ...entry, key: 'k2', value: { sum: 7 } },
    ])
    expect((await all(operator.keyedState('seen'))).map(({ key, value }) => [key, sorted(value as number[])])).toEqual([['k0', [3, 6]], ['k1', [1, 4]], ['k2', [2, 5]]])
    const parities = (await all(operator.keyedState('by-parity'))).map(({ key, userKey, value }) => `${key as string} ${userKey as string} ${value as number}`)
    expect(parities).toEqual(['k0', 'k1', 'k2'].flatMap((key) => [`${key} even 1`, `${key} odd 1`]))
    expect(await all(operator.timers())).toEqual([1, 2, 3].map((n) => ({ queue: 'event', timestamp: 1_000_000 + n, key: `k${n % 3}`, namespace: null })))
    const windows = await all((await openSavepoint(savepoint)).operator('window').keyedState('window-contents'))
    expect(windows.map(({ key, namespace }) => [key, namespace])).toEqual(['k0', 'k1', 'k2'].map((key) => [key, 0]))
  })
  test('as another type, as a restore would', async () => {
    const { operators, operator } = await openSavepoint(savepoint)
    expect(operators.map(({ uid }) => uid).sort()).toEqual(['numbers', 'sink', 'totals', 'window', 'window-sink', 'window.combine'])
    const type = types.row({ total: types.double(), since: types.timestamp().nullable() }, { renamed: { total: 'sum' } })
    expect((await all(operator('totals').keyedState('total', { type }))).map(({ value }) => value)).toContainEqual({ total: 9, since: null })
    await expect(all(operator('totals').keyedState('total', { type: types.string() }))).rejects.toMatchObject({ code: 'STATE_INCOMPATIBLE' })
  })
  test('what is not there is named, with what is', async () => {
    const { operator } = await openSavepoint(savepoint)
    expect(() => operator('total')).toThrow(/'totals'/)
    await expect(all(operator('totals').keyedState('totals'))).rejects.toMatchObject({ code: 'STATE_NOT_FOUND', message: expect.stringContaining("'total', 'seen', 'by-parity'") as unknown })
    expect(() => operator('totals').operatorState('x')).toThrow(expect.objectContaining({ code: 'STATE_NOT_FOUND' }))
    await expect(openSavepoint(join(directory, 'nothing'))).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND' })
  })
  test('the list state of an operator, of all subtasks', async () => {
    const path = join(directory, 'broadcast')
    const job = await testJob((env) => {
      env
        .fromSequence(1, 3)
        .uid('source')
        .process((context) => {
          const list = context.operatorState('kept', types.long())
          return { processElement: (n) => list.add(n) }
        }, types.string())
        .uid('keeper')
        .sinkTo(collectingSink<string>(), { uid: 'sink' })
    }, { checkpoints, parallelism: 2, name: 'keeper' })
    await job.until(() => job.client.status().recordsIn === 3)
    const { savepoint: kept } = await job.stop({ savepoint: path })
    const { operator } = await openSavepoint(kept as string)
    expect(sorted(operator('keeper').operatorState('kept'))).toEqual([1, 2, 3])
  })
})

describe('describing', () => {
  test('operators, states, keys, sizes and positions', async () => {
    const description = await describeSavepoint(await openSavepoint(savepoint))
    expect(description).toMatchObject({ job: 'test', savepoint: true, path: savepoint })
    const byUid = new Map(description.operators.map((operator) => [operator.uid, operator]))
    expect(byUid.get('totals')).toMatchObject({ parallelism: 2, maxParallelism: 128, finishedSubtasks: 0 })
    const states = byUid.get('totals')?.keyedStates.map(({ name, kind, type, userKeyType, keys, entries }) => [name, kind, type, userKeyType, keys, entries])
    expect(states).toEqual([
      ['event', 'timer', 'timer', undefined, 3, 3],
      ['processing', 'timer', 'timer', undefined, 0, 0],
      ['total', 'value', 'row(sum long)', undefined, 3, 3],
      ['seen', 'list', 'list(long)', undefined, 3, 3],
      ['by-parity', 'map', 'long', 'string', 3, 6],
    ])
    expect(byUid.get('totals')?.keyedStates.every(({ entries, sizeBytes }) => sizeBytes > 0 === entries > 0)).toBe(true)
    const splits = byUid.get('numbers')?.operatorStates[0]
    expect(splits).toMatchObject({ name: 'source-splits', redistribution: 'split', elements: 2 })
    expect(JSON.stringify(splits?.examples)).toContain('"position":3')
    expect(description.sizeBytes).toBe(description.operators.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))
  })
  test('a damaged file is named', async () => {
    const path = join(directory, 'damaged')
    await writeSavepoint(path, [keyedOperator('op', { records: [1], keyBy: String, process: (n, state) => state(valueState('v', types.long())).update(n) })])
    const [file = ''] = (await readdir(path)).filter((name) => name !== '_metadata')
    await truncate(join(path, file), 20)
    await expect(describeSavepoint(await openSavepoint(path))).rejects.toMatchObject({ code: 'CKPT_CORRUPT', message: expect.stringContaining(file) as unknown })
  })
})

describe('writing', () => {
  const records = [{ key: 'k0', n: 100 }, { key: 'k1', n: 200 }, { key: 'k1', n: 201 }]
  const bootstrap = keyedOperator('totals', {
    records,
    keyBy: ({ key }) => key,
    process({ n }, state) {
      const total = state(totals)
      total.update({ sum: (total.value()?.sum ?? 0) + n })
      state(seen).add(n)
      state(byParity).put('even', 10)
    },
  })
  const whole = [[at(1, 1), at(1, 3), end]]

  test.each([1, 3])('a job starts from it at parallelism %i', async (parallelism) => {
    const path = join(directory, `bootstrap-${parallelism}`)
    await writeSavepoint(path, [bootstrap])
    const sink = collectingSink<string>()
    await runTestJob(statefulJob(whole, sink), { checkpoints, parallelism, from: path })
    expect(sink.values.filter((text) => text.startsWith('k')).sort()).toEqual(['k0 103 of 2, odd 1', 'k1 402 of 3, odd 1'])
  })
  test('on top of another savepoint, whose other operators stay', async () => {
    const path = join(directory, 'on-top')
    const base = join(directory, 'base')
    await cp(savepoint, base, { recursive: true })
    const written = await writeSavepoint(path, [bootstrap], { base: await openSavepoint(base) })
    await rm(base, { recursive: true })
    expect((await all(written.operator('totals').keyedState('total'))).map(({ key, value }) => [key, value])).toEqual([['k0', { sum: 100 }], ['k1', { sum: 401 }]])
    const sink = collectingSink<string>()
    const rest = halves.map((half) => [...half, end])
    await runTestJob(statefulJob(rest, sink), { checkpoints, from: path })
    // the source goes on behind its records, the window has counted them
    expect(sink.values.toSorted()).toEqual(['window k0: 2', 'window k1: 2', 'window k2: 2'])
  })
  test('what fails half-way leaves nothing behind, and may be tried again', async () => {
    const path = join(directory, 'failed')
    const failing = keyedOperator('other', { records: [1], keyBy: String, process() { throw new Error('no such customer') } })
    await expect(writeSavepoint(path, [bootstrap, failing])).rejects.toThrow('no such customer')
    expect(await readdir(path)).toEqual([])
    await expect(openSavepoint(path)).rejects.toMatchObject({ code: 'CKPT_NOT_FOUND' })
    expect((await writeSavepoint(path, [bootstrap])).operators).toHaveLength(1)
  })
  test('never over another one, nor one operator twice', async () => {
    const path = join(directory, 'twice')
    await writeSavepoint(path, [bootstrap])
    await expect(writeSavepoint(path, [bootstrap])).rejects.toMatchObject({ code: 'CKPT_EXISTS' })
    await expect(writeSavepoint(`${path}-2`, [bootstrap, bootstrap])).rejects.toMatchObject({ code: 'CKPT_DUPLICATE_OPERATOR' })
  })
})

describe('comparing with a job', () => {
  const job = statefulJob(halves, collectingSink<string>())
  test('the same one', async () => {
    const difference = await diffSavepoint(graphOf(job), await openSavepoint(savepoint))
    expect(difference.startable).toBe(true)
    expect(difference.operators.map(({ change }) => change)).toEqual(difference.operators.map(() => 'matched'))
    expect(difference.operators.find(({ uid }) => uid === 'totals')?.states?.map(({ name, change }) => [name, change])).toEqual([
      ['event', 'same'], ['processing', 'same'], ['total', 'same'], ['seen', 'same'], ['by-parity', 'same'],
    ])
  })
  test('another one: dropped, new, changed, and what is refused', async () => {
    const changed = graphOf((env) => {
      const keyed = env.fromSequence(1, 3).uid('numbers').keyBy((n) => n)
      const process = (name: string, ...states: Parameters<typeof valueState>[]): void => {
        keyed
          .process((context) => {
            for (const [state, type] of states) context.state(valueState(state, type))
            context.state(listState('added', types.long()))
            return { processElement() {} }
          }, types.string())
          .uid(name)
          .sinkTo(collectingSink<string>(), { uid: `sink of ${name}` })
      }
      process('totals', ['total', types.row({ sum: types.double() }) as never])
      process('window', ['window-contents', types.string() as never])
      process('other')
    })
    const { startable, operators } = await diffSavepoint(changed, await openSavepoint(savepoint))
    const byUid = new Map(operators.map((operator) => [operator.uid, operator]))
    expect(startable).toBe(false)
    expect(byUid.get('totals')).toMatchObject({ change: 'matched', problems: [] })
    expect(byUid.get('totals')?.states?.map(({ name, change, before, now }) => [name, change, before, now])).toEqual([
      ['event', 'same', 'timer', 'timer'],
      ['processing', 'same', 'timer', 'timer'],
      ['total', 'changed', 'value of row(sum long)', 'value of row(sum double)'],
      ['added', 'new', undefined, 'list of list(long)'],
      ['seen', 'dropped', 'list of list(long)', undefined],
      ['by-parity', 'dropped', 'map of string → long', undefined],
    ])
    expect(byUid.get('window')?.problems[0]).toMatch(/STATE_INCOMPATIBLE|window-contents/)
    expect(byUid.get('other')).toMatchObject({ change: 'new', problems: [] })
    expect(byUid.get('sink')).toMatchObject({ change: 'dropped' })
  })
  test('another number of key groups', async () => {
    const { startable, operators } = await diffSavepoint(graphOf(job, 64), await openSavepoint(savepoint))
    expect(startable).toBe(false)
    expect(operators.find(({ uid }) => uid === 'totals')).toMatchObject({ maxParallelism: { before: 128, now: 64 }, problems: [expect.stringContaining('set maxParallelism to 128') as unknown] })
  })
})
