import { types } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { bytesInput, readAll } from './read-format.ts'

const Order = z.object({ id: z.int(), email: z.email(), total: z.number().positive().nullable(), state: z.enum(['open', 'paid']) })

test('a zod schema types CSV and judges each row', async () => {
  const type = types.validated(Order)
  expect(type.schema).toEqual(types.row({ id: types.long(), email: types.string(), total: types.double().nullable(), state: types.enumOf('open', 'paid') }).schema)
  const text = 'id,email,total,state\n1,a@b.org,2.5,open\n2,nobody,1,paid\n3,c@d.org,,paid\n4,e@f.org,-1,open\nx,e@f.org,1,open\n'
  const format = csv(type)
  const { rows, bad } = await readAll(format.fileReader, bytesInput('in.csv', Buffer.from(text), 9))
  const typed: readonly { readonly id: number; readonly total: number | null }[] = rows
  expect(typed).toEqual([{ id: 1, email: 'a@b.org', total: 2.5, state: 'open' }, { id: 3, email: 'c@d.org', total: null, state: 'paid' }])
  expect(bad.map(({ record }) => [record.code, record.line, record.field])).toEqual([['CSV_VALUE', 3, 'email'], ['CSV_VALUE', 5, 'total'], ['CSV_VALUE', 6, 'id']])
  expect(() => format.deserialization.open().deserialize(Buffer.from('2,nobody,1,paid'), { collect: () => {} })).toThrow(expect.objectContaining({ code: 'CSV_VALUE' }))
})

test('and JSON', async () => {
  const text = '{"id":1,"email":"a@b.org","total":2.5,"state":"open"}\n{"id":2,"email":"x","total":1,"state":"open"}\n{"id":3,"email":"a@b.org","total":1,"state":"lost"}\n'
  const { rows, bad } = await readAll(jsonLines(types.validated(Order)).fileReader, bytesInput('in.jsonl', Buffer.from(text), 9))
  expect(rows).toEqual([{ id: 1, email: 'a@b.org', total: 2.5, state: 'open' }])
  expect(bad.map(({ record }) => [record.code, record.line, record.field])).toEqual([['JSON_VALUE', 2, 'email'], ['JSON_VALUE', 3, 'state']])
})

test('a schema with transformations, whose structure is not known, makes of texts what it likes', async () => {
  const Pair = z.object({ a: z.string().transform(Number), b: z.string() })
  const { rows } = await readAll(csv(types.validated(Pair)).fileReader, bytesInput('in.csv', Buffer.from('a,b\n1,x\n'), 9))
  expect(rows).toEqual([{ a: 1, b: 'x' }])
})
