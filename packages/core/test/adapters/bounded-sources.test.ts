import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collectionSource } from '../../src/adapters/collection-source.ts'
import { inputFormatSource } from '../../src/adapters/input-format-source.ts'
import { sequenceSource } from '../../src/adapters/sequence-source.ts'
import type { InputFormat, InputSplit } from '../../src/spi/input-format.ts'
import type { Source } from '../../src/spi/source.ts'
import * as types from '../../src/types/types.ts'
import { drive, readerContext, recordingOutput, splitsOf, throughCheckpoint } from './drive-reader.ts'

/** Splits are lists of batches; a position is the number of batches read. */
function batchedFormat(splits: Readonly<Record<string, readonly (readonly number[])[]>>): InputFormat<number> {
  return {
    kind: 'input-format',
    name: 'batches',
    type: types.long(),
    createSplits: async () => Object.keys(splits).map((id) => ({ id })),
    open: async function* ({ id }: InputSplit, { from }) {
      const batches = splits[id] ?? []
      for (let index = (from as number | undefined) ?? 0; index < batches.length; index++) yield { values: batches[index] ?? [], position: index + 1 }
    },
  } as InputFormat<number>
}

/** Reads a source, going through a checkpoint and a new reader after every few polls. */
async function readWithRestores(source: Source<number>, maxRecords: number, pollsPerAttempt: number): Promise<readonly number[]> {
  const output = recordingOutput<number>()
  let splits = await splitsOf(source)
  for (let attempt = 0; attempt < 1000; attempt++) {
    const reader = source.createReader(readerContext())
    reader.addSplits(splits)
    const result = await drive(reader, output, maxRecords, pollsPerAttempt)
    splits = throughCheckpoint(source, reader.snapshotSplits(attempt))
    await reader.close?.()
    if (result === 'end') return output.values()
  }
  throw new Error('expected the source to end')
}

describe('collection source', () => {
  test('copies the values and emits them in order on one split', async () => {
    const values = new Set([1, 2, 3])
    const source = collectionSource(values)
    values.clear()
    expect(await readWithRestores(source, 2, Infinity)).toEqual([1, 2, 3])
    expect(await splitsOf(source, 4)).toHaveLength(1)
  })

  test('knows the type of primitives that are all alike', () => {
    const typeOf = (values: readonly unknown[]): unknown => collectionSource(values).type?.schema.kind
    expect([['a'], [1, 2], [1n], [true], [], [1, 'a'], [{ a: 1 }], ['a', null]].map(typeOf)).toEqual(['string', 'double', 'bigint', 'boolean', undefined, undefined, undefined, undefined])
    expect(collectionSource([1], types.long()).type).toBe(types.long())
  })

  test('resumes exactly', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), async (values, maxRecords) => {
        expect(await readWithRestores(collectionSource(values), maxRecords, 1)).toEqual(values)
      }),
      { numRuns: 50 },
    )
  })
})

describe('sequence source', () => {
  test('both ends are included, ranges are disjoint and complete', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 0, max: 300 }), fc.integer({ min: 1, max: 50 }), async (from, length, maxRecords) => {
        const expected = Array.from({ length: length + 1 }, (_, index) => from + index)
        expect(await readWithRestores(sequenceSource(from, from + length), maxRecords, 2)).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  test('has enough ranges to share, and splits are released', async () => {
    const source = sequenceSource(1, 1000)
    expect((await splitsOf(source)).length).toBeGreaterThan(32)
    const ranges = (await splitsOf(source, 16)) as unknown as readonly { readonly next: number; readonly last: number }[]
    // shorter and shorter, so that nobody waits for long for the one that began last
    expect(ranges[0]).toMatchObject({ next: 1, last: 32 })
    expect(ranges.at(-1)).toMatchObject({ next: 999, last: 1000 })
    expect(ranges.every(({ next }, index) => index === 0 || next === (ranges[index - 1]?.last ?? 0) + 1)).toBe(true)
    const output = recordingOutput<number>()
    const reader = source.createReader(readerContext())
    reader.addSplits([{ id: 'r', next: 1, last: 3 } as never])
    expect(reader.poll(output, 2)).toBe('more')
    expect(reader.snapshotSplits(1)).toEqual([{ id: 'r', next: 3, last: 3 }])
    expect(reader.poll(output, 2)).toBe('end')
    expect(output.emitted.at(-1)).toEqual({ split: 'r', event: 'released' })
  })

  test.each([
    [2, 1],
    [0.5, 2],
    [0, Number.MAX_SAFE_INTEGER + 1],
    [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  ])('%s to %s is refused', (from, to) => {
    expect(() => sequenceSource(from, to)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_SEQUENCE' }))
  })
})

describe('input format source', () => {
  test('reads all splits, in the order of their batches', async () => {
    const source = inputFormatSource(batchedFormat({ a: [[1, 2, 3], [], [4]], b: [], c: [[5]] }))
    expect(source).toMatchObject({ name: 'batches', bounded: true, type: types.long() })
    expect(await readWithRestores(source, 2, Infinity)).toEqual([1, 2, 3, 4, 5])
  })

  test('resumes exactly from any point, also within a batch', async () => {
    const batches = fc.array(fc.array(fc.integer(), { maxLength: 5 }), { maxLength: 5 })
    await fc.assert(
      fc.asyncProperty(batches, batches, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 2, max: 5 }), async (a, b, maxRecords, polls) => {
        expect(await readWithRestores(inputFormatSource(batchedFormat({ a, b })), maxRecords, polls)).toEqual([...a, ...b].flat())
      }),
      { numRuns: 100 },
    )
  })

  test('a resumed split may come in other batches', async () => {
    const reader = inputFormatSource(batchedFormat({ a: [[1], [2], [3, 4]] })).createReader(readerContext())
    reader.addSplits([{ id: 'a', split: { id: 'a' }, skip: 3 } as never])
    const output = recordingOutput<number>()
    await drive(reader, output, 10)
    expect(output.values()).toEqual([4])
  })

  test('reads one batch ahead and no more', async () => {
    let opened = 0
    const format: InputFormat<number> = {
      ...batchedFormat({}),
      open: async function* () {
        for (; opened < 10; ) yield { values: [++opened], position: opened }
      },
    }
    const reader = inputFormatSource(format).createReader(readerContext())
    reader.addSplits([{ id: 'a', split: { id: 'a' }, skip: 0 } as never])
    const output = recordingOutput<number>()
    await drive(reader, output, 10, 2)
    await new Promise((resolve) => setImmediate(resolve))
    expect([output.values().length, opened]).toEqual([1, 2])
    await reader.close?.()
  })

  test('a failure of the format fails poll, after what came before it', async () => {
    const format: InputFormat<number> = {
      ...batchedFormat({}),
      open: async function* () {
        yield { values: [1], position: 1 }
        throw new Error('broken')
      },
    }
    const reader = inputFormatSource(format).createReader(readerContext())
    reader.addSplits([{ id: 'a', split: { id: 'a' }, skip: 0 } as never])
    const output = recordingOutput<number>()
    await expect(drive(reader, output, 10)).rejects.toThrow('broken')
    expect(output.values()).toEqual([1])
  })

  test('an input that lost records behind a restored position is an error', async () => {
    const reader = inputFormatSource(batchedFormat({ a: [[1]] })).createReader(readerContext())
    reader.addSplits([{ id: 'a', split: { id: 'a' }, skip: 3 } as never])
    await expect(drive(reader, recordingOutput<number>(), 10)).rejects.toMatchObject({ code: 'CORE_RESUME_POSITION_LOST', origin: 'external' })
  })

  test('waiting ends when the attempt does', async () => {
    const hanging = new AbortController()
    const format: InputFormat<number> = {
      ...batchedFormat({}),
      open: (_split, { signal }) => ({
        [Symbol.asyncIterator]: () => ({ next: () => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted')))) }),
      }),
    }
    const reader = inputFormatSource(format).createReader(readerContext(hanging.signal))
    reader.addSplits([{ id: 'a', split: { id: 'a' }, skip: 0 } as never])
    expect(reader.poll(recordingOutput<number>(), 1)).toBe('pending')
    const waiting = reader.available(hanging.signal)
    hanging.abort()
    await waiting
    await reader.close?.()
  })
})
