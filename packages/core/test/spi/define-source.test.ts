import { expect, test } from 'vitest'
import { memoryCheckpointStorage } from '../../src/runtime/checkpoint/storage/memory-checkpoint-storage.ts'
import { defineSource } from '../../src/spi/define-source.ts'
import type { Source } from '../../src/spi/source.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'
import { runTestJob, testJob } from '../../src/testing/test-job.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e']

/** Counts in every split, a record of each whenever asked; with `last` up to that number. */
function counters(bounded: boolean, last = Number.POSITIVE_INFINITY): Source<string> {
  return defineSource<string, { readonly id: string; readonly next: number }>({
    name: 'counters',
    bounded,
    discover: async () => NAMES.map((id) => ({ id, next: 0 })),
    createReader() {
      let splits: { readonly id: string; readonly next: number }[] = []
      return {
        addSplits: (added) => void splits.push(...added),
        snapshotSplits: () => [...splits],
        available: () => Promise.resolve(),
        poll(output) {
          for (const { id, next } of splits) output.forSplit(id).collect(`${id}${next}`)
          splits = splits.map(({ id, next }) => ({ id, next: next + 1 })).filter(({ next }) => next <= last)
          return splits.length === 0 ? 'end' : 'pending'
        },
      }
    },
  })
}

test.each([1, 2, 4, 7])('all splits of a continuous source are read at once, also after a restore, parallelism %i', async (parallelism) => {
  const storage = memoryCheckpointStorage()
  const run = async (seen: string): Promise<readonly string[]> => {
    const sink = collectingSink<string>()
    const job = await testJob((env) => env.fromSource(counters(false)).sinkTo(sink), { parallelism, checkpoints: { storage, interval: '5ms' }, from: 'latest' })
    await job.until(() => NAMES.every((name) => sink.values.some((value) => value.startsWith(name) && value >= `${name}${seen}`)))
    await job.stop()
    expect(new Set(sink.values).size).toBe(sink.values.length)
    return sink.values
  }
  const first = await run('1')
  const second = await run('2')
  expect(second.filter((value) => first.includes(value))).toEqual([])
})

test.each([1, 2, 7])('those of a bounded source one after the other, parallelism %i', async (parallelism) => {
  const sink = collectingSink<string>()
  const job = await testJob((env) => env.fromSource(counters(true, 2)).sinkTo(sink), { parallelism })
  await job.finish()
  expect(sink.values.toSorted()).toEqual(NAMES.flatMap((name) => [0, 1, 2].map((n) => `${name}${n}`)))
})

const failing = (part: object): Promise<unknown> => runTestJob((env) => env.fromSource({ ...counters(true, 2), ...part }).sinkTo(collectingSink<string>()))
const listing = (discover: () => Promise<readonly { readonly id: string }[]>): Source<string> =>
  defineSource<string, { readonly id: string }>({ name: 'listed', bounded: true, discover, createReader: () => ({ addSplits: () => undefined, snapshotSplits: () => [], poll: () => 'end', available: async () => undefined }) })

test('two splits of one id are refused: their positions would replace each other', async () => {
  const twice = listing(async () => [{ id: 'a' }, { id: 'a' }])
  await expect(failing(twice)).rejects.toMatchObject({ code: 'CORE_DUPLICATE_SPLIT', origin: 'user', message: expect.stringContaining('source listed') as string })
})

test('what the code of a source throws is named as its failure', async () => {
  const gone = async (): Promise<never> => {
    throw new Error('gone')
  }
  await expect(failing(listing(gone))).rejects.toMatchObject({ code: 'CORE_SOURCE_FAILED', origin: 'external', message: 'source listed could not list its splits: gone' })
  const reader = (part: object): object => ({ createReader: () => ({ addSplits: () => undefined, snapshotSplits: () => [], poll: () => 'pending', ...part }) })
  for (const part of [{ available: gone }, { start: gone }]) {
    await expect(failing(reader(part))).rejects.toMatchObject({ code: 'CORE_SOURCE_FAILED', origin: 'external', message: 'source "source counters" (counters) failed: gone', at: { subtask: 0 } })
  }
})
