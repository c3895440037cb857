import fc from 'fast-check'
import { expect, test } from 'vitest'
import { TimestampHeap } from '../../../../src/runtime/state/heap/timestamp-heap.ts'

test('gives back the smallest first', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.integer({ min: -50, max: 50 }), fc.constant('pop' as const)), { maxLength: 300 }), (operations) => {
      const heap = new TimestampHeap()
      const model: number[] = []
      for (const operation of operations) {
        if (operation === 'pop') {
          heap.pop()
          model.shift()
        } else {
          heap.push(operation)
          model.push(operation)
          model.sort((a, b) => a - b)
        }
        expect([heap.peek(), heap.size]).toEqual([model[0] ?? Infinity, model.length])
      }
    }),
    { numRuns: 200 },
  )
})
