import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareBytes } from '../../../../src/runtime/state/ordered/byte-order.ts'
import { readOrderedDouble, writeOrderedDouble } from '../../../../src/runtime/state/ordered/ordered-double.ts'
import { createDataInput } from '../../../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../../../src/types/byte-data-output.ts'

const encoded = (value: number): Uint8Array => {
  const output = createDataOutput(8)
  writeOrderedDouble(value, output)
  return output.bytes()
}

test('bytes are ordered as the numbers are, and read back as they were', () => {
  const numbers = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.constantFrom(-0, 0, Infinity, -Infinity, Number.MAX_SAFE_INTEGER))
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      expect(readOrderedDouble(createDataInput(encoded(a)))).toBe(a === 0 ? 0 : a)
      expect(Math.sign(compareBytes(encoded(a), encoded(b)))).toBe(a === b ? 0 : a < b ? -1 : 1)
    }),
    { numRuns: 500 },
  )
})
