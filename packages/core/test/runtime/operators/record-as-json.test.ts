import { expect, test } from 'vitest'
import { recordAsJson } from '../../../src/runtime/operators/record-as-json.ts'

const text = (record: unknown): string | undefined => {
  const bytes = recordAsJson(record)
  return bytes === null ? undefined : Buffer.from(bytes).toString()
}

test('records are whole, as files of JSON have them', () => {
  expect(text({ id: 9_007_199_254_740_993n, name: 'ü', long: 'x'.repeat(300), none: null })).toBe(`{"id":9007199254740993,"name":"ü","long":"${'x'.repeat(300)}","none":null}`)
  expect(text({ raw: Buffer.from([1, 2]), view: new Uint8Array([3]), ratio: Number.NaN })).toBe('{"raw":"AQI=","view":"Aw==","ratio":"NaN"}')
  expect(text([new Map([['a', 1n]]), new Map([[1, 'a']]), new Set([2])])).toBe('[{"a":1},[[1,"a"]],[2]]')
  expect(text('line')).toBe('"line"')
})

test('what is no record, or none that JSON can hold, has no bytes', () => {
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  expect([undefined, () => 1, circular].map(recordAsJson)).toEqual([null, null, null])
})
