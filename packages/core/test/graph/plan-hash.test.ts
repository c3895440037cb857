import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { canonicalJson } from '../../src/graph/canonical-json.ts'
import { deriveUids } from '../../src/graph/derive-uid.ts'
import { planHash } from '../../src/graph/plan-hash.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import * as types from '../../src/types/types.ts'
import { graphOf, sinkTo } from '../api/job-fixture.ts'

const Row = types.row({ id: types.long(), name: types.string() })
type Build = (env: StreamExecutionEnvironment) => void
const base: Build = (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).print()
const hash = (build: Build): string => planHash(graphOf(build))

describe('plan hash', () => {
  test('is SHA-256 in hex and does not change between builds', () => {
    expect(hash(base)).toMatch(/^[0-9a-f]{64}$/)
    expect(hash(base)).toBe(hash(base))
  })

  test('does not see what functions do', () => {
    const mapped = (f: (n: number) => number): string => hash((env) => env.fromSequence(1, 2).map(f).print())
    expect(mapped((n) => n + 1)).toBe(mapped((n) => n * 2))
  })

  test.each<[string, Build]>([
    ['a key', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('name').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).print()],
    ['a window size', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('2h')).aggregate(count()).print()],
    ['lateness', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).allowedLateness('1s').aggregate(count()).print()],
    ['a type', (env) => env.fromData([{ id: 1, name: 'a' }]).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).print()],
    ['a uid', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).uid('w').print()],
    ['a parallelism', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).setParallelism(2).print()],
    ['another operator', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).filter(() => true).print()],
    ['a partitioning', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).rebalance().print()],
    ['an error policy', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).onError('skip').print()],
    ['another sink', (env) => env.fromData([{ id: 1, name: 'a' }], Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).aggregate(count()).sinkTo(sinkTo())],
  ])('sees %s', (_what, build) => expect(hash(build)).not.toBe(hash(base)))

  test('sees the options of the run', () => {
    const graph = graphOf(base)
    expect(planHash(graph, { parallelism: 1 })).not.toBe(planHash(graph, { parallelism: 2 }))
  })
})

test('canonical JSON does not depend on the order of names', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed)
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).toReversed().map(([name, part]) => [name, reversed(part)])) : value
  }
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(canonicalJson(reversed(value) as never)).toBe(canonicalJson(value as never))
      expect(JSON.parse(canonicalJson(value as never))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

describe('derived uids', () => {
  const uids = (build: Build): readonly string[] => deriveUids(graphOf(build))

  test('keep the uids given and are unique', () => {
    const derived = uids((env) => {
      const source = env.fromSequence(1, 2).uid('in')
      source.map((n) => n).print()
      source.map((n) => n).print()
    })
    expect(derived[0]).toBe('in')
    expect(new Set(derived).size).toBe(5)
  })

  test('depend on what an operator is and reads, not on the rest of the job, options or functions', () => {
    const plain = uids((env) => env.fromSequence(1, 2).keyBy((n) => n).reduce((a, b) => a + b).print())
    const changed = uids((env) => {
      env.fromData(['x']).print()
      env.fromSequence(1, 9).setParallelism(3).keyBy((n) => n % 2).reduce((a) => a).setParallelism(2).name('sum').print()
    })
    expect(changed.slice(2)).toEqual(plain)
  })

  test('change with the input', () => {
    const direct = uids((env) => env.fromSequence(1, 2).keyBy((n) => n).reduce((a) => a).print())
    const filtered = uids((env) => env.fromSequence(1, 2).filter(() => true).keyBy((n) => n).reduce((a) => a).print())
    expect(filtered[2]).not.toBe(direct[1])
  })
})
