import type { StandardSchemaV1 } from '@standard-schema/spec'
import { expect, test } from 'vitest'
import { types } from '../../src/index.ts'
import { typeOfJsonSchema } from '../../src/types/json-schema-type.ts'
import { validationOf } from '../../src/types/validated-type.ts'

test.each([
  [{ type: 'integer', minimum: 0, maximum: 9 }, types.int()],
  [{ type: 'integer' }, types.long()],
  [{ type: ['number', 'null'] }, types.double().nullable()],
  [{ anyOf: [{ type: 'string', enum: ['a', 'b'] }, { type: 'null' }] }, types.enumOf('a', 'b').nullable()],
  [{ anyOf: [{ type: 'string' }, { type: 'number' }] }, types.json()],
  [{ type: 'array', items: { type: 'boolean' } }, types.list(types.boolean())],
  [{ type: 'array', prefixItems: [] }, types.json()],
  [{ type: 'object', additionalProperties: { type: 'number' } }, types.json()],
  [{}, types.json()],
  [{ type: 'object', properties: { a: { type: 'object', properties: {}, required: [] }, b: true }, required: ['a', 'b'] }, types.row({ a: types.row({}), b: types.json() })],
])('%j', (schema, type) => expect(typeOfJsonSchema(schema).schema).toEqual(type.schema))

test('an optional property is refused by its path', () => {
  const schema = { type: 'object', properties: { a: { type: 'object', properties: { b: {} } } }, required: ['a'] }
  expect(() => typeOfJsonSchema(schema)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TYPE', at: { field: 'a.b' } }))
})

test('a validator without a JSON Schema, or that refuses one, only validates', () => {
  const short: StandardSchemaV1<string> = { '~standard': { version: 1, vendor: 'x', validate: (value) => (typeof value === 'string' && value.length < 3 ? { value } : { issues: [{ message: 'too long' }] }) } }
  const refusing = { '~standard': { ...short['~standard'], jsonSchema: { output: () => { throw new Error('no') } } } }
  for (const validator of [short, refusing as typeof short]) {
    const type = types.validated(validator)
    expect(type.schema).toEqual({ kind: 'generic' })
    expect(type.validate('ab')).toBe('ab')
    expect(() => validationOf(type)?.('abc')).toThrow(expect.objectContaining({ code: 'CORE_VALIDATION_FAILED' }))
  }
  expect(validationOf(types.string())).toBeUndefined()
})
