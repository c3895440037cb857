import { describe, expect, test } from 'vitest'
import { createStreamGraphBuilder } from '../../src/graph/stream-graph-builder.ts'
import { draftJob } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { OutputTag } from '../../src/functions/output-tag.ts'
import { mapState, valueState } from '../../src/functions/state-descriptor.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { describeSchema } from '../../src/types/describe-schema.ts'
import * as types from '../../src/types/types.ts'
import { graphOf, kinds, nodeOf, sinkTo } from './job-fixture.ts'

const Row = types.row({ id: types.long(), name: types.string() })
const rows = [{ id: 1, name: 'a' }]

describe('operators', () => {
  test('append nodes in order and connect them', () => {
    const graph = graphOf((env) => {
      env
        .fromData(rows, Row)
        .map((row) => row.id)
        .flatMap((id) => [id, id])
        .filter((id) => id > 0)
        .print()
    })
    expect(kinds(graph)).toEqual(['source', 'map', 'flatMap', 'filter', 'sink'])
    expect(graph.edges.map(({ source, target, input, tag, partitioning }) => [source, target, input, tag, partitioning.kind])).toEqual([
      [0, 1, 0, null, 'auto'],
      [1, 2, 0, null, 'auto'],
      [2, 3, 0, null, 'auto'],
      [3, 4, 0, null, 'auto'],
    ])
  })

  test('types flow through what keeps records and stop at lambdas without a type', () => {
    const graph = graphOf((env) => {
      const stream = env.fromData(rows, Row)
      stream.filter(() => true).keyBy('id').reduce((a) => a).assignTimestampsAndWatermarks(WatermarkStrategy.noWatermarks()).print()
      stream.map((row) => row.name).print()
      stream.map((row) => row.name, types.string()).print()
      stream.keyBy('id').aggregate(count()).print()
    })
    const shown = graph.nodes.map(({ operator, outputType }) => `${operator.kind}: ${outputType === undefined ? '-' : describeSchema(outputType.schema)}`)
    const row = 'row(id long, name string)'
    expect(shown).toEqual([`source: ${row}`, `filter: ${row}`, `reduce: ${row}`, `timestamps: ${row}`, 'sink: -', 'map: -', 'sink: -', 'map: string', 'sink: -', 'aggregate: long', 'sink: -'])
    expect(graph.edges.map((edge) => edge.type?.schema.kind)).toEqual(['row', 'row', 'row', 'row', 'row', undefined, 'row', 'string', 'row', 'long'])
  })

  test('keyBy is a partitioning, and what follows knows its key', () => {
    const graph = graphOf((env) => {
      const stream = env.fromData(rows, Row)
      stream.keyBy('id').process(() => ({ processElement: () => {} }), types.long()).print()
      stream.keyBy(['name', 'id']).reduce((a) => a).print()
      stream.keyBy((row) => row.id % 2).sinkTo(sinkTo())
    })
    expect(nodeOf(graph, 'keyedProcess').keys).toEqual([{ kind: 'field', field: 'id' }])
    expect(nodeOf(graph, 'reduce').keys).toEqual([{ kind: 'fields', fields: ['name', 'id'] }])
    expect(graph.edges.filter(({ partitioning }) => partitioning.kind === 'hash')).toHaveLength(3)
    expect(graph.nodes.at(-1)?.keys).toEqual([null])
  })

  test('union reads several outputs on one input, each with its type and partitioning', () => {
    const graph = graphOf((env) => {
      const a = env.fromData([1])
      a.union(env.fromData(['x']).rebalance(), a).print()
    })
    expect(graph.edges.map(({ source, target, input, partitioning, type }) => [source, target, input, partitioning.kind, type?.schema.kind])).toEqual([
      [0, 2, 0, 'auto', 'double'],
      [1, 2, 0, 'rebalance', 'string'],
      [0, 2, 0, 'auto', 'double'],
    ])
  })

  test('a union keeps a type only if all of its streams have it', () => {
    const typeOfUnion = (values: Iterable<string | number>): unknown =>
      nodeOf(
        graphOf((env) => env.fromData([1]).union(env.fromData(values)).filter(() => true).print()),
        'filter',
      ).outputType?.schema.kind
    expect(typeOfUnion([2])).toBe('double')
    expect(typeOfUnion(['x'])).toBeUndefined()
  })

  test('connect makes two-input operators, keyed when both sides are', () => {
    const both = { processElement1: () => {}, processElement2: () => {} }
    const graph = graphOf((env) => {
      const a = env.fromData(rows, Row)
      const b = env.fromData(rows, Row)
      a.connect(b).process(() => both, types.long()).print()
      a.keyBy('id').connect(b.keyBy((row) => row.id)).process(() => both, types.long()).print()
    })
    expect(nodeOf(graph, 'coProcess').keys).toEqual([null, null])
    expect(nodeOf(graph, 'keyedCoProcess').keys.map((key) => key?.kind)).toEqual(['field', 'function'])
    const inputs = graph.edges.filter(({ target }) => target === nodeOf(graph, 'keyedCoProcess').id)
    expect(inputs.map(({ source, input, partitioning }) => [source, input, partitioning.kind])).toEqual([
      [0, 0, 'hash'],
      [1, 1, 'hash'],
    ])
  })

  test('broadcast with descriptors becomes broadcast state on the second input', () => {
    const rules = mapState('rules', types.string(), types.long())
    const both = { processElement: () => {}, processBroadcastElement: () => {} }
    const graph = graphOf((env) => {
      const a = env.fromData(rows, Row)
      const b = env.fromData(rows, Row).broadcast(rules)
      a.connect(b).process(() => both, types.long()).print()
      a.keyBy('id').connect(b).process(() => both, types.long()).print()
      a.broadcast().print()
    })
    expect(nodeOf(graph, 'broadcastProcess').operator).toMatchObject({ broadcastStates: [{ name: 'rules' }] })
    expect(nodeOf(graph, 'keyedBroadcastProcess').keys).toEqual([{ kind: 'field', field: 'id' }, null])
    expect(graph.edges.filter(({ partitioning }) => partitioning.kind === 'broadcast').map(({ input }) => input)).toEqual([1, 1, 0])
  })

  test('windows carry assigner, lateness and late output', () => {
    const late = OutputTag.of('late', Row)
    const graph = graphOf((env) => {
      const result = env.fromData(rows, Row).keyBy('id').window(TumblingEventTimeWindows.of('1h')).allowedLateness('5min').sideOutputLateData(late).aggregate({ n: count() })
      result.print()
      result.getSideOutput(late).print()
    })
    expect(nodeOf(graph, 'window').operator).toMatchObject({ assigner: { kind: 'tumbling', sizeMs: 3_600_000 }, allowedLatenessMs: 300_000, lateTag: 'late', function: { kind: 'aggregate' } })
    expect(nodeOf(graph, 'window').outputType?.schema).toEqual({ kind: 'row', fields: [{ name: 'n', type: { kind: 'long' } }] })
    expect(graph.edges.map(({ tag }) => tag)).toEqual([null, null, 'late'])
  })

  test('every partitioning reaches its edge', () => {
    const graph = graphOf((env) => {
      const stream = env.fromData([1])
      for (const next of [stream.forward(), stream.rebalance(), stream.rescale(), stream.shuffle(), stream.global(), stream.broadcast()]) next.print()
      stream.partitionCustom((n) => n, (n, partitions) => n % partitions).print()
    })
    expect(graph.edges.map(({ partitioning }) => partitioning.kind)).toEqual(['forward', 'rebalance', 'rescale', 'shuffle', 'global', 'broadcast', 'custom'])
  })
})

describe('options', () => {
  test('apply to the operator that made the stream', () => {
    const graph = graphOf((env) => {
      env.fromData([1]).map((n) => n).uid('m').name('double').setParallelism(3).setMaxParallelism(12).disableChaining().onError('skip').sinkTo(sinkTo(), { uid: 's', name: 'out', parallelism: 2 })
      env.fromSequence(1, 2).filter(() => true).startNewChain().print()
    })
    expect(graph.nodes[1]).toMatchObject({ uid: 'm', name: 'double', parallelism: 3, maxParallelism: 12, chaining: 'never', onError: 'skip' })
    expect(graph.nodes[2]).toMatchObject({ uid: 's', name: 'out', parallelism: 2, chaining: 'always' })
    expect(nodeOf(graph, 'filter').chaining).toBe('head')
  })

  test.each(['union', 'partitioning', 'side output'])('are refused on a %s, which is no operator', (what) => {
    const tag = OutputTag.of('t', types.long())
    expect(() =>
      graphOf((env) => {
        const a = env.fromData([1])
        const stream = what === 'union' ? a.union(a) : what === 'partitioning' ? a.rebalance() : a.getSideOutput(tag)
        stream.uid('x')
      }),
    ).toThrow(expect.objectContaining({ code: 'CORE_NOT_AN_OPERATOR' }))
  })

  test.each([0, -1, 1.5, Number.NaN, 40_000])('a parallelism of %s is refused', (parallelism) => {
    expect(() => graphOf((env) => env.fromData([1]).setParallelism(parallelism))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_PARALLELISM' }))
  })

  test('an empty uid is refused', () => {
    expect(() => graphOf((env) => env.fromData([1]).uid(' '))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_UID' }))
  })
})

describe('misuse', () => {
  test('the stream of another job is refused', () => {
    const other = draftJob('other').env.fromData([1])
    expect(() => graphOf((env) => env.fromData([1]).union(other))).toThrow(expect.objectContaining({ code: 'CORE_FOREIGN_STREAM' }))
    expect(() => graphOf((env) => env.fromData([1]).union({} as never))).toThrow(expect.objectContaining({ code: 'CORE_FOREIGN_STREAM' }))
  })

  test('a job is closed once it is built', () => {
    const job = draftJob('test')
    const stream = job.env.fromData([1])
    job.build()
    for (const change of [() => stream.print(), () => stream.uid('x'), () => job.build(), () => job.env.fromData([1])]) {
      expect(change).toThrow(expect.objectContaining({ code: 'CORE_JOB_ALREADY_BUILT' }))
    }
  })

  test('keyBy without a key, and broadcast state that is no map, are refused', () => {
    expect(() => graphOf((env) => env.fromData(rows, Row).keyBy([] as never))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_KEY' }))
    expect(() => graphOf((env) => env.fromData([1]).broadcast(valueState('v', types.long()) as never))).toThrow(expect.objectContaining({ code: 'CORE_BROADCAST_STATE_KIND' }))
  })

  test('a keyed stream cannot be connected with one that is not', () => {
    const connect = (): unknown =>
      graphOf((env) => {
        const stream = env.fromData(rows, Row)
        stream.keyBy('id').connect(stream as never)
      })
    expect(connect).toThrow(expect.objectContaining({ code: 'CORE_KEY_REQUIRED' }))
  })

  test('a sink that wants other records is refused where both schemas are known', () => {
    const wants = (type: typeof Row | ReturnType<typeof types.string>): unknown => graphOf((env) => env.fromData([{ id: 1 }], types.row({ id: types.long() })).sinkTo(sinkTo('wants', { type }) as never))
    expect(() => wants(Row)).toThrow(expect.objectContaining({ code: 'CORE_SINK_TYPE_MISMATCH' }))
    expect(() => wants(types.string())).toThrow(expect.objectContaining({ code: 'CORE_SINK_TYPE_MISMATCH' }))
    expect(() => graphOf((env) => env.fromData(rows, Row).sinkTo(sinkTo('fewer', { type: types.row({ id: types.timestamp().nullable() }) })))).not.toThrow()
    expect(() => graphOf((env) => env.fromData(rows).sinkTo(sinkTo('any', { type: Row })))).not.toThrow()
  })
})

test('the graph is frozen, what belongs to the user is not', () => {
  const sink = sinkTo<number>()
  const graph = graphOf((env) => env.fromData([{ id: 1 }], types.row({ id: types.long() })).keyBy('id').window(TumblingEventTimeWindows.of('1s')).aggregate(count()).sinkTo(sink))
  const window = nodeOf(graph, 'window')
  const owned = [graph, graph.nodes, graph.edges, ...graph.nodes, ...graph.edges, ...graph.edges.map((edge) => edge.partitioning), window.keys, window.keys[0], window.operator]
  expect(owned.filter((part) => !Object.isFrozen(part))).toEqual([])
  expect(Object.isFrozen(sink)).toBe(false)
})

test('a builder numbers nodes in order of creation', () => {
  const builder = createStreamGraphBuilder('b')
  const sink = { kind: 'sink', sink: sinkTo() } as const
  expect([builder.addNode({ name: 'a', operator: sink, inputs: [] }), builder.addNode({ name: 'b', operator: sink, inputs: [] })]).toEqual([0, 1])
  expect(builder.build().nodes.map(({ id }) => id)).toEqual([0, 1])
})
