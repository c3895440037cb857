import { expect, test } from 'vitest'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { explain } from '../../src/optimizer/explain.ts'
import { optimize } from '../../src/optimizer/optimize.ts'
import * as types from '../../src/types/types.ts'
import { graphOf, sinkTo } from '../api/job-fixture.ts'

const Row = types.row({ origin: types.string(), delay: types.int().nullable() })
const graph = graphOf((env) => {
  const rows = env.fromData([{ origin: 'SEA', delay: null }], Row).uid('rows')
  rows
    .map((row) => ({ origin: row.origin }))
    .keyBy('origin')
    .window(TumblingEventTimeWindows.of('1h'))
    .aggregate(count(), (n, origin) => `"${origin}" <${n}>`, types.string())
    .name('count "per" <hour>')
    .sinkTo(sinkTo('out'), { uid: 'out' })
  rows.onError({ deadLetter: sinkTo('dead') })
}, 'flights')

test('text shows vertices, chains, ship strategies, types, missing uids and why operators are not chained', () => {
  expect(explain(graph, { parallelism: 2 }).text.replaceAll(/[0-9a-f]{12,}/g, 'HASH')).toMatchSnapshot()
})

test('Mermaid quotes what is not plain', () => {
  expect(explain(graph, { parallelism: 2 }).mermaid).toMatchSnapshot()
})

test('JSON is plain data and the same for a graph and its optimized form', () => {
  const { json } = explain(graph, { parallelism: 2 })
  expect(JSON.parse(JSON.stringify(json))).toEqual(json)
  expect(explain(optimize(graph, { parallelism: 2 })).json).toEqual(json)
  expect(json.edges.map(({ notChained }) => notChained)).toEqual(['records are distributed by rebalance', 'records are distributed by hash', 'records are distributed by rebalance'])
})

test('what was left out is a warning', () => {
  const dead = graphOf((env) => {
    env.fromData([1]).print()
    env.fromData(['x']).name('lost')
  })
  const { text, warnings, json } = explain(dead)
  expect(json.vertices).toHaveLength(1)
  expect(warnings.map(({ code }) => code)).toEqual(['CORE_UNUSED_OUTPUT'])
  expect(text).toContain('warning: nothing reads the output of lost')
})

test('says when only the job’s settings keep operators apart', () => {
  const { json } = explain(graph, { chaining: false })
  expect(json.edges[0]?.notChained).toBe('chaining is switched off for the job')
})

test('every line of the Mermaid chart has a shape that the grammar knows', () => {
  const line = /^(flowchart LR|  subgraph v\d+\["[^"<>`]*"\]|    v\d+o\d+\["[^"<>`]*"\]|    v\d+o\d+ --> v\d+o\d+|  end|  v\d+o\d+ ==>\|"[^"<>`]*"\| v\d+o\d+)$/
  expect(explain(graph, { parallelism: 2 }).mermaid.trimEnd().split('\n').filter((text) => !line.test(text))).toEqual([])
})
