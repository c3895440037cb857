import { expect, it } from 'vitest'
import { validateWith } from '../../src/types/standard-schema.ts'
import type { StandardSchemaV1 } from '@standard-schema/spec'

/** Any Standard Schema is an object of this shape; this one trims what must be a string. */
const trimmed: StandardSchemaV1<unknown, string> = {
  '~standard': {
    version: 1,
    vendor: 'hand-written',
    validate: (value) =>
      typeof value === 'string'
        ? { value: value.trim() }
        : { issues: [{ message: 'must be text', path: ['a', { key: 1 }] }, { message: 'must not be empty' }] },
  },
}
const slow: StandardSchemaV1<unknown, string> = { '~standard': { version: 1, vendor: 'slow-lib', validate: () => Promise.reject(new Error('late')) } }

it('gives what the validator makes of the value', () => {
  const text: string = validateWith(trimmed, ' a ')
  expect(text).toBe('a')
})

it('reports every issue with its path', () => {
  expect(() => validateWith(trimmed, 5)).toThrow(
    expect.objectContaining({
      code: 'CORE_VALIDATION_FAILED',
      origin: 'user',
      message: 'the value does not fit its hand-written schema: a.1: must be text; must not be empty',
      at: { field: 'a.1' },
    }),
  )
})

it('refuses an asynchronous validator without leaving its rejection behind', async () => {
  const unhandled: unknown[] = []
  const listen = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', listen)
  expect(() => validateWith(slow, 5)).toThrow(expect.objectContaining({ code: 'CORE_ASYNC_VALIDATOR', message: expect.stringContaining('slow-lib') }))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', listen)
  expect(unhandled).toEqual([])
})
