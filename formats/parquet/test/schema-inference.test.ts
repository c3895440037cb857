import { types } from '@millrace/core'
import { schemaCode } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import { parquet, schemaInference } from '../src/index.ts'
import { input, readParquet, writeParquet } from './read-parquet.ts'

const Order = types.row({ id: types.bigint(), note: types.string().nullable(), at: types.timestamp(), price: types.decimal(9, 2), tags: types.list(types.string()), by: types.map(types.string(), types.int().nullable()), place: types.row({ x: types.double() }) })
const row = { id: 2n ** 60n, note: null, at: 5, price: '1.50', tags: ['a'], by: new Map([['x', null]]), place: { x: 0.5 } }
const options = { sampleBytes: 1000, signal: new AbortController().signal }

test('the type of a file is that of its footer, and reads it', async () => {
  const file = writeParquet(parquet(Order).fileWriter, [row])
  const { schema, format } = await schemaInference.inferSchema(input(file), options)
  expect(schema).toEqual(Order.schema)
  expect(schemaCode(schema)).toContain('by: types.map(types.string(), types.int().nullable())')
  expect([format.function, format.call('Order')]).toEqual(['parquet', 'parquet(Order)'])
  expect((await readParquet(parquet(Order).fileReader, input(file))).rows).toEqual([row])
})

test('what is no Parquet file is refused', async () => {
  await expect(schemaInference.inferSchema(input(Buffer.from('PAR1 no footer PAR1')), options)).rejects.toMatchObject({ code: 'PARQUET_FILE' })
})

test('timestamps are whole milliseconds, or exactly what the file has', async () => {
  const file = writeParquet(parquet(types.row({ at: types.timestamp() })).fileWriter, [{ at: -1 }])
  expect((await readParquet(parquet(types.row({ at: types.bigint() })).fileReader, input(file))).rows).toEqual([{ at: -1n }])
})
