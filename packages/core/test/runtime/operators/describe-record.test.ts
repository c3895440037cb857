import { expect, it } from 'vitest'
import { describeRecord } from '../../../src/runtime/operators/describe-record.ts'
import { ErrorRatio } from '../../../src/runtime/operators/error-ratio.ts'

it('shows any value, shortened, without failing', () => {
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  expect(describeRecord({ a: 1, b: ['x', null, 2n], c: new Uint8Array(3), d: new Date(0) })).toBe('{a: 1, b: ["x", null, 2n], c: Uint8Array(3 bytes), d: 1970-01-01T00:00:00.000Z}')
  expect(describeRecord(new Map([['k', new Set([1])]]))).toBe('Map{"k": Set{1}}')
  expect(describeRecord(cycle)).toBe('{self: {self: {self: …}}}')
  expect(describeRecord('x'.repeat(500))).toHaveLength(63)
  expect(describeRecord(Array.from({ length: 100 }, () => 'y'.repeat(50)))).toHaveLength(200)
  expect(describeRecord(undefined)).toBe('undefined')
  const hostile = { get value(): never { throw new Error('no') } }
  expect(describeRecord(hostile)).toBe('an object that cannot be shown')
})

it('the error ratio is that of the last 10 000 records, after the first 100', () => {
  const early = new ErrorRatio(0.1)
  expect([1, 2, 3, 99].map((position) => early.exceededBy(position))).toEqual([false, false, false, false])
  const sliding = new ErrorRatio(0.01)
  for (let position = 1; position <= 50; position++) sliding.exceededBy(position)
  expect(sliding.exceededBy(4_000)).toBe(true)
  expect(sliding.exceededBy(9_000)).toBe(false)
  const forgetting = new ErrorRatio(0.01)
  for (let position = 1; position <= 100; position++) forgetting.exceededBy(position)
  expect(forgetting.exceededBy(20_000)).toBe(false)
})
