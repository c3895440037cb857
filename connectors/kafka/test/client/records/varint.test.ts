import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { varintBytes, varlongBytes, writeVarint, writeVarlong } from '../../../src/client/records/varint.ts'

const EDGES = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 30 - 1, 2 ** 30, -(2 ** 30), 2 ** 31 - 1, -(2 ** 31), 2 ** 40, -(2 ** 40), 2 ** 52]

/** The definition of Protocol Buffers, in bigints. */
function zigzag(value: number): readonly number[] {
  let rest = value >= 0 ? BigInt(value) * 2n : BigInt(value) * -2n - 1n
  const bytes: number[] = []
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

test('numbers are written as Protocol Buffers write them, in as many bytes as foretold', () => {
  const buffer = Buffer.alloc(10)
  const check = (value: number): void => {
    const end = writeVarlong(buffer, value, 0)
    expect([...buffer.subarray(0, end)]).toEqual(zigzag(value))
    expect(varlongBytes(value)).toBe(end)
    if (value !== (value | 0)) return
    expect(writeVarint(buffer, value, 0)).toBe(end)
    expect([...buffer.subarray(0, end)]).toEqual(zigzag(value))
    expect(varintBytes(value)).toBe(end)
  }
  EDGES.forEach(check)
  fc.assert(fc.property(fc.integer({ min: -(2 ** 52), max: 2 ** 52 }), check), { numRuns: 300 })
  fc.assert(fc.property(fc.integer(), check), { numRuns: 300 })
})
