import { expect, test } from 'vitest'
import { SnapshotChain } from '../../../src/runtime/checkpoint/snapshot-chain.ts'

const file = (path: string, sizeBytes: number) => ({ path, sizeBytes })

test('changes build on the newest completed checkpoint, whatever failed in between', () => {
  const chain = new SnapshotChain()
  expect(chain.baseFor(undefined)).toBeUndefined()
  expect(chain.add(1, undefined, file('full', 1000))).toEqual([])
  expect(chain.baseFor(1)).toBe(1)
  expect(chain.add(2, 1, file('a', 10))).toEqual([file('full', 1000)])
  // 2 has failed
  expect(chain.baseFor(1)).toBe(1)
  expect(chain.add(3, 1, file('b', 10))).toEqual([file('full', 1000)])
  expect(chain.baseFor(3)).toBe(3)
  expect(chain.add(4, 3, file('c', 10))).toEqual([file('full', 1000), file('b', 10)])
})

test('a checkpoint that it has no part in is no base: one of an earlier attempt, or one overtaken', () => {
  const chain = new SnapshotChain()
  expect(chain.baseFor(7)).toBeUndefined()
  chain.add(8, undefined, file('full', 1000))
  chain.add(9, 8, file('a', 10))
  expect(chain.baseFor(9)).toBe(9)
  expect(chain.baseFor(8)).toBeUndefined()
})

test('a chain is replaced when it gets long or heavy', () => {
  const long = new SnapshotChain()
  long.add(0, undefined, file('full', 1_000_000))
  let id = 0
  for (; long.baseFor(id) !== undefined; id++) long.add(id + 1, id, file(`changes ${id + 1}`, 1))
  expect(id).toBe(16)
  const heavy = new SnapshotChain()
  heavy.add(1, undefined, file('full', 1000))
  heavy.add(2, 1, file('a', 300))
  expect(heavy.baseFor(2)).toBe(2)
  heavy.add(3, 2, file('b', 201))
  expect(heavy.baseFor(3)).toBeUndefined()
})
