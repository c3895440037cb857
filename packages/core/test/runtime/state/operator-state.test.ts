import { describe, expect, test } from 'vitest'
import { createOperatorState } from '../../../src/runtime/state/operator-state.ts'
import type { OperatorState } from '../../../src/runtime/state/operator-state.ts'
import { decodeOperatorState, encodeOperatorState } from '../../../src/runtime/state/operator-state-snapshot.ts'
import type { OperatorStateSnapshot } from '../../../src/runtime/state/operator-state-snapshot.ts'
import { redistribute, redistributeOperatorState } from '../../../src/runtime/state/redistribute-operator-state.ts'
import { int, long } from '../../../src/types/number-types.ts'
import { row } from '../../../src/types/row-type.ts'
import { string } from '../../../src/types/simple-types.ts'

const warnings: object[] = []
const logger = { debug() {}, info() {}, error() {}, warn: (fields: object) => void warnings.push(fields) }
const open = (restored?: Uint8Array): OperatorState => createOperatorState(restored, { uid: 'op', logger })

test('nothing registered or nothing in it: no snapshot', () => {
  const state = open()
  expect(state.snapshot()).toBeUndefined()
  state.list('l', long(), 'split').update([])
  expect(state.snapshot()).toBeUndefined()
})

test('lists, control objects and broadcast maps come back, as they were at the snapshot', () => {
  const pairs = { version: 3, serialize: (value: string) => Buffer.from(value), deserialize: (version: number, bytes: Uint8Array) => `${Buffer.from(bytes)}@${version}` }
  const place = row({ id: long(), name: string() })
  const state = open()
  const list = state.list('list', long(), 'split')
  list.add(1)
  list.add(2)
  state.objects('objects', pairs, 'union').add('a')
  const map = state.broadcast('map', place, string())
  map.put({ id: 1, name: 'x' }, 'old')
  map.put({ id: 1, name: 'x' }, 'new')
  map.put({ id: 2, name: 'y' }, 'gone')
  map.remove({ id: 2, name: 'y' })
  const bytes = state.snapshot()
  list.add(3)
  map.put({ id: 3, name: 'z' }, 'late')

  const restored = open(bytes)
  expect(restored.list('list', long(), 'split').get()).toEqual([1, 2])
  expect(restored.objects('objects', { ...pairs, version: 4 }, 'union').get()).toEqual(['a@3'])
  const restoredMap = restored.broadcast('map', place, string())
  expect([...restoredMap.entries()]).toEqual([[{ id: 1, name: 'x' }, 'new']])
  expect([restoredMap.size, restoredMap.has({ id: 1, name: 'x' }), restoredMap.get({ id: 1, name: 'x' })]).toEqual([1, true, 'new'])
  expect(list.get()).toEqual([1, 2, 3])
})

test('one name is one state, and keeps its type', () => {
  const state = open()
  expect(state.list('a', long(), 'split')).toBe(state.list('a', long(), 'split'))
  expect(() => state.list('a', long(), 'union')).toThrow(expect.objectContaining({ code: 'STATE_CONFLICT' }))
  expect(() => state.broadcast('a', long(), long())).toThrow(expect.objectContaining({ code: 'STATE_CONFLICT' }))
  state.list('a', long(), 'split').add(1)
  const restored = open(state.snapshot())
  expect(() => restored.list('a', string(), 'split')).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringMatching(/split state of long.*split state of string/) }))
  expect(restored.list('a', long(), 'union').get()).toEqual([1])
})

test('what nobody registers is dropped with a warning', () => {
  const state = open()
  state.list('kept', long(), 'split').add(1)
  state.list('dropped', long(), 'split').add(2)
  const restored = open(state.snapshot())
  restored.list('kept', long(), 'split')
  expect(restored.unclaimedStates()).toEqual(['dropped'])
  expect(decodeOperatorState(restored.snapshot() as Uint8Array).states.map(({ meta }) => meta.name)).toEqual(['kept'])
  expect(warnings.pop()).toEqual({ uid: 'op', states: ['dropped'] })
})

test('a later format version is refused', () => {
  const bytes = encodeOperatorState({ states: [] })
  bytes[0] = 2
  expect(() => decodeOperatorState(bytes)).toThrow(expect.objectContaining({ code: 'STATE_UNSUPPORTED_VERSION' }))
})

describe('redistribution', () => {
  const snapshotOf = (states: Record<string, number[]>, redistribution: 'split' | 'union' | 'broadcast' = 'split'): OperatorStateSnapshot => ({
    states: Object.entries(states).map(([name, elements]) => ({
      meta: { name, redistribution, serializer: { id: 'byte', version: 1 } },
      elements: elements.map((element) => new Uint8Array([element])),
    })),
  })
  const numbers = (snapshots: readonly OperatorStateSnapshot[], name = 'a'): number[][] =>
    snapshots.map(({ states }) => states.filter(({ meta }) => meta.name === name).flatMap(({ elements }) => elements.map((element) => element[0] as number)))

  test('split: at the same parallelism everybody keeps its own', () => {
    const old = [snapshotOf({ a: [1, 2, 3] }), snapshotOf({}), snapshotOf({ a: [4] })]
    expect(numbers(redistribute(old, 3))).toEqual([[1, 2, 3], [], [4]])
  })

  test('split: otherwise in runs of nearly equal length', () => {
    const old = [snapshotOf({ a: [1, 2, 3, 4] }), snapshotOf({ a: [5] }), snapshotOf({ a: [6, 7] })]
    expect(numbers(redistribute(old, 2))).toEqual([[1, 2, 3, 4], [5, 6, 7]])
    expect(numbers(redistribute(old, 4))).toEqual([[1, 2], [3, 4], [5, 6], [7]])
    expect(numbers(redistribute(old, 9))).toEqual([[1], [2], [3], [4], [5], [6], [7], [], []])
    expect(numbers(redistribute(old, 1))).toEqual([[1, 2, 3, 4, 5, 6, 7]])
  })

  test('split: the longer runs of the next state begin where those of the one before ended', () => {
    const old = [snapshotOf({ a: [1, 2, 3, 4], b: [1, 2, 3, 4] })]
    const dealt = redistribute(old, 3)
    expect(numbers(dealt, 'a')).toEqual([[1, 2], [3], [4]])
    expect(numbers(dealt, 'b')).toEqual([[4], [1, 2], [3]])
  })

  test('union: everything to everybody, also at the same parallelism', () => {
    const old = [snapshotOf({ a: [1, 2] }, 'union'), snapshotOf({ a: [3] }, 'union')]
    for (const parallelism of [1, 2, 3]) expect(numbers(redistribute(old, parallelism))).toEqual(Array.from({ length: parallelism }, () => [1, 2, 3]))
  })

  test('broadcast: a copy each, from whoever has one', () => {
    const old = [snapshotOf({ a: [1, 2] }, 'broadcast'), snapshotOf({}), snapshotOf({ a: [1, 2] }, 'broadcast')]
    for (const parallelism of [1, 3, 5]) expect(numbers(redistribute(old, parallelism))).toEqual(Array.from({ length: parallelism }, () => [1, 2]))
  })

  test('over bytes, a subtask without state is undefined', () => {
    const bytes = redistributeOperatorState([encodeOperatorState(snapshotOf({ a: [1] })), undefined], 3)
    expect(bytes.map((each) => each === undefined)).toEqual([false, true, true])
  })
})

test('elements and broadcast values are read under a changed schema; keys must be as they were', () => {
  const old = row({ id: int(), gone: string() })
  const now = row({ number: long(), added: string().nullable() }, { renamed: { number: 'id' } })
  const state = open()
  state.list('list', old, 'split').update([{ id: 1, gone: 'a' }, { id: 2, gone: 'b' }])
  state.broadcast('map', string(), old).put('k', { id: 3, gone: 'c' })
  const bytes = state.snapshot()

  const restored = open(bytes)
  expect(restored.list('list', now, 'split').get()).toEqual([{ number: 1, added: null }, { number: 2, added: null }])
  expect([...restored.broadcast('map', string(), now).entries()]).toEqual([['k', { number: 3, added: null }]])
  const again = open(restored.snapshot())
  expect(again.list('list', now, 'split').get()).toEqual([{ number: 1, added: null }, { number: 2, added: null }])

  expect(() => open(bytes).list('list', row({ id: string() }), 'split')).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE', message: expect.stringContaining('row(id int, gone string)') as unknown }))
  expect(() => open(bytes).broadcast('map', long(), now)).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE' }))
  expect(() => open(bytes).list('map', now, 'split')).toThrow(expect.objectContaining({ code: 'STATE_INCOMPATIBLE' }))
})
