import { describe, expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { optimize } from '../../src/optimizer/optimize.ts'
import type { OptimizerOptions } from '../../src/optimizer/optimize.ts'
import * as types from '../../src/types/types.ts'
import { graphOf, sinkTo } from '../api/job-fixture.ts'
import { jobText } from './plan-text.ts'

const jobOf = (build: (env: StreamExecutionEnvironment) => void, options: Partial<OptimizerOptions> = {}): JobGraph => optimize(graphOf(build), { parallelism: 1, ...options })
const text = (build: (env: StreamExecutionEnvironment) => void, options: Partial<OptimizerOptions> = {}): readonly string[] => jobText(jobOf(build, options))

const countPerHour = (env: StreamExecutionEnvironment): void =>
  env
    .fromSequence(1, 9)
    .filter(() => true)
    .keyBy((n) => n % 2)
    .window(TumblingEventTimeWindows.of('1h'))
    .aggregate(count())
    .print()

describe('chaining', () => {
  test('at parallelism 1 a whole job is one vertex, keyed operators included', () => {
    expect(text(countPerHour)).toEqual(['source → filter → window → sink ×1'])
  })

  test('at parallelism 4 a shuffle separates, with a combiner before it', () => {
    expect(text(countPerHour, { parallelism: 4 })).toEqual(['source → filter → combine ×4', 'window → sink ×4', '0.2 ⇒ 1 hash(key)'])
    expect(text(countPerHour, { parallelism: 4, combiners: false })).toEqual(['source → filter ×4', 'window → sink ×4', '0.1 ⇒ 1 hash(function)'])
  })

  test('can be switched off for the job', () => {
    expect(text((env) => env.fromSequence(1, 2).map((n) => n).print(), { chaining: false })).toEqual(['source ×1', 'map ×1', 'sink ×1', '0.0 ⇒ 1 forward', '1.0 ⇒ 2 forward'])
  })

  test('a chain is a tree: parents first, side outputs included', () => {
    const tag = { id: 'odd', type: types.long() }
    const job = jobOf((env) => {
      const split = env.fromSequence(1, 9).process((context) => ({ processElement: (n, _t, out) => (n % 2 === 0 ? out.collect(n) : context.output(tag, n)) }), types.long())
      split.map((n) => n).print('even')
      split.getSideOutput(tag).filter(() => true).print('odd')
    })
    expect(jobText(job)).toEqual(['source → process → map → sink → filter → sink ×1'])
    expect(job.vertices[0]?.operators.map(({ outputs }) => outputs)).toEqual([
      [{ tag: null, target: { kind: 'operator', index: 1 } }],
      [
        { tag: null, target: { kind: 'operator', index: 2 } },
        { tag: 'odd', target: { kind: 'operator', index: 4 } },
      ],
      [{ tag: null, target: { kind: 'operator', index: 3 } }],
      [],
      [{ tag: null, target: { kind: 'operator', index: 5 } }],
      [],
    ])
  })

  test('two-input operators and unions start chains', () => {
    const both = { processElement1: () => {}, processElement2: () => {} }
    const build = (env: StreamExecutionEnvironment): void => {
      const a = env.fromSequence(1, 2)
      const b = env.fromSequence(3, 4)
      a.connect(b).process(() => both, types.long()).map((n) => n).print()
      a.union(b).filter(() => true).print()
    }
    expect(text(build)).toEqual([
      'source ×1',
      'source ×1',
      'coProcess → map → sink ×1',
      'filter → sink ×1',
      '0.0 ⇒ 2 forward',
      '1.0 ⇒ 2 (2nd) forward',
      '0.0 ⇒ 3 forward',
      '1.0 ⇒ 3 forward',
    ])
  })

  test('disableChaining, startNewChain, parallelism and maxParallelism separate', () => {
    const chain = (change: (stream: ReturnType<StreamExecutionEnvironment['fromSequence']>) => unknown): readonly string[] =>
      text((env) => {
        const map = env.fromSequence(1, 2).map((n) => n)
        change(map)
        map.print()
      }).filter((line) => !line.includes('⇒'))
    expect(chain((map) => map.disableChaining())).toEqual(['source ×1', 'map ×1', 'sink ×1'])
    expect(chain((map) => map.startNewChain())).toEqual(['source ×1', 'map → sink ×1'])
    expect(chain((map) => map.setParallelism(2))).toEqual(['source ×1', 'map ×2', 'sink ×1'])
    expect(chain((map) => map.setMaxParallelism(64))).toEqual(['source ×1', 'map ×1', 'sink ×1'])
  })

  test('vertices are numbered: sources first, inputs before users', () => {
    const job = jobOf((env) => {
      const a = env.fromSequence(1, 2)
      const shuffled = a.shuffle().map((n) => n)
      shuffled.union(env.fromData([1])).print()
      env.fromData([2]).print()
    }, { parallelism: 2 })
    expect(job.vertices.map(({ id }) => id)).toEqual(job.vertices.map((_, index) => index))
    expect(job.vertices.slice(0, 3).every(({ operators }) => operators[0]?.node.operator.kind === 'source')).toBe(true)
    expect(job.edges.every(({ sourceVertex, targetVertex }) => sourceVertex < targetVertex)).toBe(true)
    expect(job.edges.map(({ id }) => id)).toEqual(job.edges.map((_, index) => index))
    expect(job.edges.some(({ partitioning }) => partitioning.kind === 'auto')).toBe(false)
  })

  test('links point to the edges that leave', () => {
    const job = jobOf((env) => {
      const a = env.fromSequence(1, 2)
      a.shuffle().sinkTo(sinkTo('one'))
      a.sinkTo(sinkTo('two'))
    }, { parallelism: 2 })
    expect(job.vertices[0]?.operators[0]?.outputs).toEqual([
      { tag: null, target: { kind: 'edge', edge: 0 } },
      { tag: null, target: { kind: 'operator', index: 1 } },
    ])
    expect(job.edges).toMatchObject([{ id: 0, sourceVertex: 0, sourceOperator: 0, targetVertex: 1, input: 0, partitioning: { kind: 'shuffle' }, type: types.long() }])
  })
})

describe('job graphs', () => {
  test('are the same in every process, and their hash covers the options', () => {
    expect(jobOf(countPerHour, { parallelism: 4 }).planHash).toBe(jobOf(countPerHour, { parallelism: 4 }).planHash)
    const hashes = [{}, { parallelism: 2 }, { maxParallelism: 256 }, { chaining: false }, { combiners: false }].map((options) => jobOf(countPerHour, options).planHash)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('uids are unique and survive a change of parallelism', () => {
    const uids = (parallelism: number): readonly string[] => jobOf(countPerHour, { parallelism, combiners: false }).vertices.flatMap(({ operators }) => operators.map(({ uid }) => uid))
    expect(new Set(uids(1)).size).toBe(4)
    expect(uids(4)).toEqual(uids(1))
  })

  test('a job whose streams all lead nowhere is refused', () => {
    expect(() => jobOf((env) => void env.fromSequence(1, 2).map((n) => n))).toThrow(expect.objectContaining({ code: 'CORE_EMPTY_JOB' }))
  })

  test('an invalid graph is refused', () => {
    expect(() => jobOf((env) => env.fromSequence(1, 2).uid('x').map((n) => n).uid('x').print())).toThrow(expect.objectContaining({ code: 'CORE_DUPLICATE_UID' }))
  })
})
