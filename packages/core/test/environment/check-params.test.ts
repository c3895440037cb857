import type { StandardSchemaV1 } from '@standard-schema/spec'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { checkParams } from '../../src/environment/check-params.ts'

function schema(validate: StandardSchemaV1['~standard']['validate']): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } }
}

test('every wrong field has its line', () => {
  const issues = [{ message: 'expected a string', path: ['in'] }, { message: 'expected a number', path: [{ key: 'limits' }, 0] }, { message: 'odd' }]
  expect(() => checkParams(schema(() => ({ issues })), {}, 'flights')).toThrow(
    expect.objectContaining({
      code: 'CLI_INVALID_PARAMS',
      message: expect.stringMatching(/job 'flights'[^]*\n  in: expected a string\n  limits\.0: expected a number\n  \(all\): odd\n  .*z\.coerce/),
    }),
  )
})

test('valid parameters pass', () => {
  const seen: unknown[] = []
  checkParams(
    schema((value) => {
      seen.push(value)
      return { value }
    }),
    { a: '1' },
    'j',
  )
  expect(seen).toEqual([{ a: '1' }])
})

test('parameters without a schema and asynchronous schemas are refused', () => {
  checkParams(undefined, {}, 'j')
  expect(() => checkParams(undefined, { in: 'x' }, 'j')).toThrow("The job 'j' takes no parameters, but in is set")
  const asynchronous = schema(() => Promise.reject(new Error('never heard')))
  expect(() => checkParams(asynchronous, {}, 'j')).toThrow('validates asynchronously')
})

test('a parameter that the schema ignores is refused, one that it renames is not', () => {
  const params = z.object({ limit: z.coerce.number().default(10), in: z.string().optional() }).transform(({ in: input, ...rest }) => ({ ...rest, input }))
  checkParams(params, { limit: '10', in: 'x' }, 'j')
  expect(() => checkParams(params, { limits: '3' }, 'j')).toThrow(
    expect.objectContaining({ code: 'CLI_INVALID_PARAMS', message: "The job 'j' has no parameter 'limits'. Did you mean limit? Correct the name, or declare it in params of defineJob" }),
  )
})
