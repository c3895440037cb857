import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DataStream } from '../../src/api/data-stream.ts'
import type { KeyedStream } from '../../src/api/keyed-stream.ts'
import { topN } from '../../src/functions/aggregates-top-n.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { hostileRun } from '../../src/testing/hostile-run.ts'
import { runPipeline } from '../../src/testing/run-pipeline.ts'
import { at, processingTime } from '../../src/testing/script.ts'
import * as types from '../../src/types/types.ts'
import { keyed, streams, windowSpec } from '../runtime/operators/window/window-fixture.ts'

const Sale = types.row({ shop: types.string(), amount: types.double(), at: types.long() })
interface Sale {
  readonly shop: string
  readonly amount: number
  readonly at: number
}
const sale = (shop: string, amount: number, time: number) => at(time, { shop, amount, at: time })
const sales = [sale('a', 5, 1), sale('b', 7, 2), sale('a', 3, 3), sale('a', 8, 4), sale('a', 8, 5)]
const amounts = (rows: readonly Sale[]): readonly string[] => rows.map(({ shop, amount, at: time }) => `${shop} ${amount} ${time}`)

describe('rolling aggregates of a field', () => {
  test('sum, min and max change the field of the first record; minBy and maxBy give whole records', async () => {
    const rows = async (roll: (stream: KeyedStream<Sale, string>) => DataStream<Sale>) => amounts(await runPipeline((stream: DataStream<Sale>) => roll(stream.keyBy('shop')), sales, { type: Sale }))
    expect(await rows((stream) => stream.sum('amount'))).toEqual(['a 5 1', 'b 7 2', 'a 8 1', 'a 16 1', 'a 24 1'])
    expect(await rows((stream) => stream.min('amount'))).toEqual(['a 5 1', 'b 7 2', 'a 3 1', 'a 3 1', 'a 3 1'])
    expect(await rows((stream) => stream.max('amount'))).toEqual(['a 5 1', 'b 7 2', 'a 5 1', 'a 8 1', 'a 8 1'])
    expect(await rows((stream) => stream.minBy('amount'))).toEqual(['a 5 1', 'b 7 2', 'a 3 3', 'a 3 3', 'a 3 3'])
    expect(await rows((stream) => stream.maxBy('amount'))).toEqual(['a 5 1', 'b 7 2', 'a 5 1', 'a 8 4', 'a 8 4'])
  })
})

describe('deduplicate', () => {
  test('lets the first record of each key through, for good or for a time', async () => {
    const events = [...sales, processingTime(2_000), sale('a', 1, 9)]
    expect(amounts(await runPipeline((stream: DataStream<Sale>) => stream.keyBy('shop').deduplicate(), events))).toEqual(['a 5 1', 'b 7 2'])
    expect(amounts(await runPipeline((stream: DataStream<Sale>) => stream.keyBy('shop').deduplicate({ within: '1s' }), events))).toEqual(['a 5 1', 'b 7 2', 'a 1 9'])
  })
})

describe('topN', () => {
  test('keeps the greatest in order, of equal ones the first, whatever is merged', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.option(fc.nat(9)), { maxLength: 8 }), { maxLength: 4 }), fc.integer({ min: 1, max: 5 }), (parts, n) => {
        const ids = parts.map((part, index) => part.map((by, position) => ({ by, id: `${index}.${position}` })))
        const top = topN(n, ({ by }: { readonly by: number | null }) => by)
        const accumulators = ids.map((part) => part.reduce((accumulator, each) => top.add(each, accumulator), top.createAccumulator()))
        const merged = accumulators.reduce((a, b) => top.merge?.(a, b) ?? a, top.createAccumulator())
        const expected = ids.flat().filter(({ by }) => by !== null).sort((a, b) => (b.by as number) - (a.by as number))
        expect(top.getResult(merged)).toEqual(expected.slice(0, n))
      }),
      { numRuns: 200 },
    )
    expect(() => topN(0, () => 1)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_AGGREGATE' }))
  })

  test('survives the hostile harness in windows', async () => {
    const aggregate = topN(2, ({ value }: { readonly value: number }) => value) as never
    await fc.assert(fc.asyncProperty(streams, async (events) => void (await hostileRun(windowSpec(TumblingEventTimeWindows.of('10ms'), { function: { kind: 'aggregate', aggregate } }), events, keyed))), { numRuns: 20 })
  })
})

describe('connected streams', () => {
  test('map and flatMap read both', async () => {
    const events = [at(1, 1), at(2, 2)]
    const mapped = await runPipeline((numbers: DataStream<number>) => numbers.connect(numbers.map((n) => `${n}`)).map((n) => n * 10, (text) => text.length), events)
    expect(mapped.toSorted()).toEqual([1, 1, 10, 20])
    const flat = await runPipeline((numbers: DataStream<number>) => numbers.keyBy((n) => n).connect(numbers.keyBy((n) => n)).flatMap((n) => [n, n], () => []), events)
    expect(flat).toEqual([1, 1, 2, 2])
  })

  test('an error in one of the functions obeys the policy of the operator', async () => {
    const broken = (): never => {
      throw new Error('broken')
    }
    expect(await runPipeline((numbers: DataStream<number>) => numbers.connect(numbers.filter((n) => n > 1)).map((n) => n, broken).onError('skip'), [at(1, 1), at(2, 2)])).toEqual([1, 2])
  })
})

describe('fullWindowPartition', () => {
  const events = [3, 1, 2].map((n) => at(n, n))
  test('maps, sorts and reduces each subtask as a whole', async () => {
    expect(await runPipeline((numbers: DataStream<number>) => numbers.fullWindowPartition().sortPartition((a, b) => a - b), events)).toEqual([1, 2, 3])
    expect(await runPipeline((numbers: DataStream<number>) => numbers.fullWindowPartition().mapPartition<number | string>((all) => [all.length, `${all.join()}`]), events)).toEqual([3, '3,1,2'])
    expect(await runPipeline((numbers: DataStream<number>) => numbers.fullWindowPartition().reduce((a, b) => a + b), events)).toEqual([6])
    expect(await runPipeline((numbers: DataStream<number>) => numbers.filter(() => false).fullWindowPartition().reduce((a, b) => a + b), events)).toEqual([])
  })
})
