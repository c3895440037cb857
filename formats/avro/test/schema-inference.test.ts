import { types } from '@millrace/core'
import { schemaCode } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import { avro, schemaInference } from '../src/index.ts'
import { input, readAvro } from './read-avro.ts'

const Order = types.row({ id: types.long(), note: types.string().nullable(), at: types.timestamp(), price: types.decimal(9, 2), tags: types.list(types.string()) })
const options = { sampleBytes: 1000, signal: new AbortController().signal }

test('the type of a container file is that of its header', async () => {
  const parts: Uint8Array[] = []
  const writer = avro(Order).fileWriter.open({ write: (bytes) => void parts.push(bytes) }, { continued: false })
  writer.write({ id: 1, note: null, at: 5, price: '1.50', tags: ['a'] })
  await writer.finish()
  const file = Buffer.concat(parts)
  const { schema, records, format } = await schemaInference.inferSchema(input(file, 7), options)
  expect(schema).toEqual(Order.schema)
  expect(schemaCode(schema)).toContain('price: types.decimal(9, 2)')
  expect([records, format.function, format.call('Order')]).toEqual([0, 'avro', 'avro(Order)'])
  expect((await readAvro(avro(Order).fileReader, input(file))).rows).toEqual([{ id: 1, note: null, at: 5, price: '1.50', tags: ['a'] }])
})

test('what is no container file is refused', async () => {
  await expect(schemaInference.inferSchema(input(Buffer.from('{}')), options)).rejects.toMatchObject({ code: 'AVRO_DATA' })
})
