import { expect, test } from 'vitest'
import { defaultPartitioner } from '../../src/sink/partitioner.ts'

test('a key goes where Java clients put it', () => {
  const partitionOf = defaultPartitioner(0)
  expect(['21', 'foobar', 'abc'].map((key) => partitionOf(Buffer.from(key), 10, 't', 1))).toEqual([(-973932308 & 0x7fffffff) % 10, (-790332482 & 0x7fffffff) % 10, 479470107 % 10])
})

test('records without a key go to all partitions in turn, many to one before the next', () => {
  const partitionOf = defaultPartitioner(2)
  const chosen = Array.from({ length: 2000 }, () => partitionOf(null, 3, 't', 1000))
  expect(chosen[0]).toBe(2)
  const counts = [0, 1, 2].map((partition) => chosen.filter((one) => one === partition).length)
  expect(Math.max(...counts) - Math.min(...counts)).toBeLessThan(150)
  const switches = chosen.filter((one, index) => index > 0 && one !== chosen[index - 1]).length
  expect(switches).toBeLessThan(40)
})
