import { describe, expect, test } from 'vitest'
import { requireUids, validateGraph } from '../../src/graph/validate-graph.ts'
import type { StreamGraph, StreamNode } from '../../src/graph/stream-graph.ts'
import { Triggers } from '../../src/functions/triggers.ts'
import { GlobalWindows } from '../../src/functions/window-assigners.ts'
import { graphOf, sinkTo } from '../api/job-fixture.ts'

const sum = (): StreamGraph =>
  graphOf((env) =>
    env
      .fromSequence(1, 2)
      .keyBy((n) => n)
      .reduce((a, b) => a + b)
      .print(),
  )

const code = (expected: string): unknown => expect.objectContaining({ code: expected })

describe('validateGraph', () => {
  test('accepts a good graph without warnings', () => expect(validateGraph(sum())).toEqual([]))

  test('warns of outputs that nobody reads', () => {
    const graph = graphOf((env) => {
      const stream = env.fromSequence(1, 2)
      stream.print()
      stream.map((n) => n).name('lost')
    })
    expect(validateGraph(graph)).toEqual([{ code: 'CORE_UNUSED_OUTPUT', message: expect.stringContaining('lost (operator 2)') }])
  })

  test('warns of global windows that never fire', () => {
    const codes = (trigger: boolean): readonly string[] => {
      const graph = graphOf((env) => {
        const window = env.fromSequence(1, 2).keyBy((n) => n).window(GlobalWindows.create())
        const result = trigger ? window.trigger(Triggers.count(2)) : window
        result.reduce((a) => a).print()
      })
      return validateGraph(graph).map((warning) => warning.code)
    }
    expect([codes(false), codes(true)]).toEqual([['CORE_WINDOW_NEVER_FIRES'], []])
  })

  test('refuses an empty job', () => expect(() => validateGraph(graphOf(() => {}))).toThrow(code('CORE_EMPTY_JOB')))

  test('refuses a uid on two operators and names both', () => {
    const graph = graphOf((env) => env.fromSequence(1, 2).uid('x').map((n) => n).name('twice').uid('x').print())
    expect(() => validateGraph(graph)).toThrow(expect.objectContaining({ code: 'CORE_DUPLICATE_UID', message: expect.stringMatching(/source sequence.*twice/) }))
  })

  test('refuses more subtasks than key groups', () => {
    const graph = graphOf((env) => env.fromSequence(1, 2).setParallelism(9).setMaxParallelism(8).print())
    expect(() => validateGraph(graph)).toThrow(code('CORE_INVALID_PARALLELISM'))
  })

  const changed = (change: (node: StreamNode) => Partial<StreamNode>): StreamGraph => {
    const graph = sum()
    return { ...graph, nodes: graph.nodes.map((node) => ({ ...node, ...change(node) })) }
  }

  test('finds keyed operators without a key', () => {
    const graph = changed((node) => (node.operator.kind === 'reduce' ? { keys: [null] } : {}))
    expect(() => validateGraph(graph)).toThrow(code('CORE_INVALID_GRAPH'))
  })

  test('finds keys that the partitioning does not follow', () => {
    const graph = changed((node) => (node.operator.kind === 'reduce' ? { keys: [{ kind: 'field', field: 'other' }] } : {}))
    expect(() => validateGraph(graph)).toThrow(code('CORE_INVALID_GRAPH'))
  })

  test('finds edges that go backwards', () => {
    const graph = sum()
    const backwards = { ...graph, edges: graph.edges.map((edge) => ({ ...edge, source: edge.target, target: edge.source })) }
    expect(() => validateGraph(backwards)).toThrow(code('CORE_INVALID_GRAPH'))
  })
})

describe('requireUids', () => {
  test('names all operators with state that have none', () => {
    expect(() => requireUids(sum())).toThrow(expect.objectContaining({ code: 'CORE_UID_REQUIRED', message: expect.stringMatching(/source sequence \(operator 0\), reduce \(operator 1\);/) }))
  })

  test('asks for none on operators without state', () => {
    const graph = graphOf((env) =>
      env
        .fromSequence(1, 2)
        .uid('in')
        .map((n) => n)
        .keyBy((n) => n)
        .reduce((a) => a)
        .uid('sum')
        .print(),
    )
    expect(() => requireUids(graph)).not.toThrow()
  })

  test('asks for one on sinks that commit', () => {
    const committing = sinkTo<number>('files', { createCommitter: () => ({ commit: () => {} }) })
    expect(() => requireUids(graphOf((env) => env.fromSequence(1, 2).uid('in').sinkTo(committing)))).toThrow(/sink files/)
    expect(() => requireUids(graphOf((env) => env.fromSequence(1, 2).uid('in').sinkTo(committing, { uid: 'out' })))).not.toThrow()
  })
})
