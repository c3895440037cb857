import { expect, test } from 'vitest'
import { createMetricRegistry } from '../../../src/metrics/metric-registry.ts'
import type { Partitioning } from '../../../src/graph/partitioning.ts'
import { KeyGroupLoad, registerKeyGroupLoad } from '../../../src/runtime/network/key-group-load.ts'
import { createChannelSelector } from '../../../src/runtime/network/partitioner.ts'
import { computeOperatorIndexForKeyGroup, keyGroupOf } from '../../../src/types/key-group.ts'
import { toStateKey } from '../../../src/types/state-key.ts'

const select = (partitioning: Partitioning, channels: number, start = 0, random = () => 0.99, load = new KeyGroupLoad(128)): ((value: unknown) => number) => createChannelSelector(partitioning, channels, 128, start, random, load)

test('rebalance and rescale go round, starting at their subtask', () => {
  for (const kind of ['rebalance', 'rescale'] as const) {
    const next = select({ kind }, 3, 4)
    expect([1, 2, 3, 4].map(next)).toEqual([1, 2, 0, 1])
  }
})
test('broadcast, global, forward, shuffle', () => {
  expect(select({ kind: 'broadcast' }, 1)('x')).toBe(0)
  expect(select({ kind: 'global' }, 3)('x')).toBe(0)
  expect(select({ kind: 'forward' }, 1)('x')).toBe(0)
  expect(select({ kind: 'shuffle' }, 3)('x')).toBe(2)
})
test('hash follows the key group of the key, by field, fields or function', () => {
  const subtask = (key: string): number => computeOperatorIndexForKeyGroup(128, 5, keyGroupOf(toStateKey(key), 128))
  const byField = select({ kind: 'hash', key: { kind: 'field', field: 'id' } }, 5)
  const byFunction = select({ kind: 'hash', key: { kind: 'function', select: (row: { id: string }) => row.id } }, 5)
  for (const id of ['a', 'b', 'c', 'd', 'é']) {
    expect(byField({ id })).toBe(subtask(id))
    expect(byFunction({ id })).toBe(subtask(id))
  }
  const byFields = select({ kind: 'hash', key: { kind: 'fields', fields: ['a', 'b'] } }, 5)
  expect(byFields({ a: 1, b: 'x', c: 1 })).toBe(byFields({ a: 1, b: 'x', c: 2 }))
})
test('a custom partitioner must name a partition that exists', () => {
  const custom = (partition: (key: number, partitions: number) => number): ((value: unknown) => number) =>
    select({ kind: 'custom', key: { kind: 'function', select: (value: number) => value }, partition: partition as never }, 3)
  expect(custom((key, partitions) => key % partitions)(5)).toBe(2)
  for (const bad of [3, -1, 0.5, Number.NaN]) expect(() => custom(() => bad)(1)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARTITION', origin: 'user' }))
})
test('tells which key group is the busiest', () => {
  const registry = createMetricRegistry(() => {})
  const load = new KeyGroupLoad(128)
  registerKeyGroupLoad(registry.group({ operator: 'source' }), 'count', load)
  const read = (): unknown => registry.collect().map(({ name, labels, value }) => [name, labels['target'], value])
  expect(read()).toEqual([['busiestKeyGroup', 'count', 0], ['busiestKeyGroupShare', 'count', 0]])
  const next = select({ kind: 'hash', key: { kind: 'field', field: 'id' } }, 2, 0, () => 0, load)
  for (const id of ['a', 'hot', 'b', 'hot', 'hot']) next({ id })
  expect(read()).toEqual([['busiestKeyGroup', 'count', keyGroupOf(toStateKey('hot'), 128)], ['busiestKeyGroupShare', 'count', 0.6]])
})
