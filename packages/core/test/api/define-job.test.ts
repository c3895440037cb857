import { expect, test } from 'vitest'
import { z } from 'zod'
import { buildGraph, validateParams } from '../../src/api/build-graph.ts'
import { defineJob } from '../../src/api/define-job.ts'
import { planHash } from '../../src/graph/plan-hash.ts'

const job = defineJob({
  name: 'numbers',
  params: z.object({ to: z.number().int(), times: z.number().default(2) }),
  build: (env, { to, times }) => env.fromSequence(1, to).map((n) => n * times).print(`×${times}`),
})

test('parameters are validated and completed before build sees them', () => {
  const params = validateParams(job, { to: 3 })
  expect(params).toEqual({ to: 3, times: 2 })
  expect(buildGraph(job, params).nodes).toHaveLength(3)
})

test('invalid parameters name the job, the field and the problem', () => {
  expect(() => validateParams(job, { to: 'x' } as never)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARAMS', at: { field: 'to' }, message: expect.stringContaining('numbers') }))
  expect(() => validateParams(job, undefined)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARAMS' }))
})

test('an asynchronous schema is refused', () => {
  const asynchronous = defineJob({ name: 'a', params: z.object({ a: z.string().refine(async () => true) }), build: () => {} })
  expect(() => validateParams(asynchronous, { a: '' })).toThrow(expect.objectContaining({ code: 'CORE_ASYNC_VALIDATOR' }))
})

test('an asynchronous build is refused, and its rejection does not escape', () => {
  const asynchronous = defineJob({ name: 'a', build: (() => Promise.reject(new Error('later'))) as unknown as () => undefined })
  expect(() => buildGraph(asynchronous, undefined)).toThrow(expect.objectContaining({ code: 'CORE_ASYNC_BUILD' }))
})

test('a job needs a name', () => {
  expect(() => defineJob({ name: '', build: () => {} })).toThrow(expect.objectContaining({ code: 'CORE_INVALID_JOB' }))
})

test('what build throws passes through', () => {
  const failing = defineJob({
    name: 'f',
    build() {
      throw new RangeError('mine')
    },
  })
  expect(() => buildGraph(failing, undefined)).toThrow(RangeError)
})

test('the same parameters give the same plan', () => {
  const params = validateParams(job, { to: 3 })
  expect(planHash(buildGraph(job, params))).toBe(planHash(buildGraph(job, params)))
  expect(planHash(buildGraph(job, validateParams(job, { to: 4 })))).not.toBe(planHash(buildGraph(job, params)))
})
