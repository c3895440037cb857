import { expect, test } from 'vitest'
import { targetSubtasks } from '../../../src/runtime/network/channel-topology.ts'

const rescale = (producers: number, consumers: number): readonly (readonly number[])[] =>
  Array.from({ length: producers }, (_, producer) => targetSubtasks('rescale', producer, producers, consumers))

test('forward connects equals', () => {
  expect([0, 1, 2].map((producer) => targetSubtasks('forward', producer, 3, 3))).toEqual([[0], [1], [2]])
})
test.each(['hash', 'rebalance', 'shuffle', 'broadcast', 'global', 'custom'] as const)('%s connects all to all', (kind) => {
  expect(targetSubtasks(kind, 1, 2, 3)).toEqual([0, 1, 2])
})
test('rescale connects neighbours', () => {
  expect(rescale(2, 4)).toEqual([[0, 1], [2, 3]])
  expect(rescale(4, 2)).toEqual([[0], [0], [1], [1]])
  expect(rescale(2, 3)).toEqual([[0, 1], [2]])
  expect(rescale(3, 2)).toEqual([[0], [0], [1]])
})
test('rescale gives every producer a consumer and every consumer a producer', () => {
  for (let producers = 1; producers <= 9; producers++) {
    for (let consumers = 1; consumers <= 9; consumers++) {
      const targets = rescale(producers, consumers)
      expect(targets.every((consumersOf) => consumersOf.length > 0)).toBe(true)
      expect([...new Set(targets.flat())].sort((a, b) => a - b)).toEqual(Array.from({ length: consumers }, (_, consumer) => consumer))
      if (consumers >= producers) expect(targets.flat().length).toBe(consumers)
    }
  }
})
