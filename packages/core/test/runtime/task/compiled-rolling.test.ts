import { describe, expect, test } from 'vitest'
import type { DataStream } from '../../../src/api/data-stream.ts'
import { defineJob } from '../../../src/api/define-job.ts'
import type { KeyedStream } from '../../../src/api/keyed-stream.ts'
import { silentLogger } from '../../../src/environment/logger.ts'
import { submit } from '../../../src/environment/submit.ts'
import { count, mean } from '../../../src/functions/aggregates.ts'
import { collectingSink } from '../../../src/testing/collecting-sink.ts'

interface Sale {
  readonly shop: string
  readonly till: number
  readonly amount: number
}

const SALES: readonly Sale[] = [
  { shop: 'a', till: 1, amount: 10 },
  { shop: 'b', till: 1, amount: 4 },
  { shop: 'a', till: 2, amount: 20 },
  { shop: 'a', till: 1, amount: 30 },
]

/** What a pipeline over the sales emits, in order. */
async function run<R>(codeGeneration: boolean, pipeline: (sales: DataStream<Sale>) => DataStream<R>, sales: readonly Sale[] = SALES): Promise<readonly unknown[]> {
  const sink = collectingSink<R>()
  const job = defineJob({ name: 'sales', build: (env) => pipeline(env.fromData(sales)).sinkTo(sink) })
  const client = await submit(job, { optimizer: { codeGeneration }, logger: silentLogger })
  await client.done
  return sink.values
}

describe.each([
  ['generated', true],
  ['as objects', false],
])('a rolling operator in a chain %s', (_name, codeGeneration) => {
  test('emits a row per record with its key', async () => {
    const rows = await run(codeGeneration, (sales) => sales.keyBy('shop').aggregate(mean((sale) => sale.amount), (amount, shop) => ({ shop, amount })))
    expect(rows).toEqual([
      { shop: 'a', amount: 10 },
      { shop: 'b', amount: 4 },
      { shop: 'a', amount: 15 },
      { shop: 'a', amount: 20 },
    ])
  })

  test('gives a tuple key back as it was selected', async () => {
    const rows = await run(codeGeneration, (sales) => sales.keyBy(['shop', 'till']).aggregate(count(), (counted, key) => [key, counted]))
    expect(rows).toEqual([
      [['a', 1], 1],
      [['b', 1], 1],
      [['a', 2], 1],
      [['a', 1], 2],
    ])
  })

  test('reduces, and hands what it emits to maps, filters and another rolling operator behind it', async () => {
    const pipeline = (sales: DataStream<Sale>): DataStream<number> => {
      const totals: KeyedStream<Sale, string> = sales.keyBy((sale) => sale.shop)
      return totals
        .reduce((a, b) => ({ ...a, amount: a.amount + b.amount }))
        .filter((total) => total.amount > 4)
        .map((total) => total.amount)
        .keyBy(() => 'all')
        .aggregate(count())
    }
    expect(await run(codeGeneration, pipeline)).toEqual([1, 2, 3])
  })

  test('says for which key and record a function threw', async () => {
    const failing = (sales: DataStream<Sale>): DataStream<Sale> =>
      sales.keyBy('shop').reduce((_, sale) => {
        throw new Error(`till ${sale.till} is broken`)
      })
    await expect(run(codeGeneration, failing)).rejects.toMatchObject({
      code: 'CORE_USER_FUNCTION',
      message: expect.stringContaining('till 2 is broken'),
      at: { key: expect.stringContaining('a'), record: expect.stringContaining('20') },
    })
  })

  test('refuses a key that is none', async () => {
    const keyless = [...SALES, { shop: undefined as unknown as string, till: 1, amount: 1 }]
    await expect(run(codeGeneration, (sales) => sales.keyBy('shop').aggregate(count()), keyless)).rejects.toMatchObject({ code: 'CORE_INVALID_KEY' })
  })

  test('goes on without the records whose functions throw when told to', async () => {
    const lenient = (sales: DataStream<Sale>): DataStream<Sale> =>
      sales
        .keyBy('shop')
        .reduce((a, b) => {
          if (b.till === 2) throw new Error('broken')
          return { ...a, amount: a.amount + b.amount }
        })
        .onError('skip')
    const rows = (await run(codeGeneration, lenient)) as readonly Sale[]
    expect(rows.map(({ amount }) => amount)).toEqual([10, 4, 40])
  })
})
