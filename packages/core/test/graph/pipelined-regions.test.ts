import { describe, expect, test } from 'vitest'
import { draftJob, type StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import type { JobGraph } from '../../src/graph/job-graph.ts'
import { pipelinedRegions } from '../../src/graph/pipelined-regions.ts'
import { planSlots } from '../../src/graph/slots.ts'
import { optimize } from '../../src/optimizer/optimize.ts'
import { collectingSink } from '../../src/testing/collecting-sink.ts'

function graphOf(parallelism: number, build: (env: StreamExecutionEnvironment) => void): JobGraph {
  const draft = draftJob('regions')
  build(draft.env)
  return optimize(draft.build(), { parallelism, chaining: false })
}
const regionsOf = (graph: JobGraph): readonly string[] => pipelinedRegions(graph).map((region) => region.map(({ vertex, index }) => `${vertex.id}.${index}`).join(' '))

describe('regions', () => {
  test('are one per subtask where records stay in their lane', () => {
    expect(regionsOf(graphOf(3, (env) => env.fromSequence(1, 9).map((n) => n).sinkTo(collectingSink())))).toEqual(['0.0 1.0 2.0', '0.1 1.1 2.1', '0.2 1.2 2.2'])
  })
  test('are the whole job behind a shuffle', () => {
    expect(regionsOf(graphOf(2, (env) => env.fromSequence(1, 9).keyBy((n) => n).reduce((a, b) => a + b).sinkTo(collectingSink())))).toEqual(['0.0 0.1 1.0 1.1 2.0 2.1'])
  })
  test('follow rescale edges', () => {
    const graph = graphOf(4, (env) => env.fromSequence(1, 9).setParallelism(2).rescale().map((n) => n).sinkTo(collectingSink()))
    expect(regionsOf(graph)).toEqual(['0.0 1.0 1.1 2.0 2.1', '0.1 1.2 1.3 2.2 2.3'])
  })
  test('of independent pipelines are apart', () => {
    const graph = graphOf(2, (env) => {
      env.fromSequence(1, 9).setParallelism(1).keyBy((n) => n).reduce((a, b) => a + b).sinkTo(collectingSink({ name: 'a' }), { parallelism: 1 })
      env.fromSequence(1, 9).setParallelism(1).sinkTo(collectingSink({ name: 'b' }), { parallelism: 1 })
    })
    expect(pipelinedRegions(graph).map(({ length }) => length).sort()).toEqual([2, 4])
  })
})

describe('slots', () => {
  const graph = graphOf(4, (env) => env.fromSequence(1, 9).setParallelism(2).rescale().map((n) => n).sinkTo(collectingSink(), { parallelism: 1 }))
  const placed = (workers: number): readonly (readonly number[])[] => {
    const plan = planSlots(graph, workers)
    return graph.vertices.map((vertex) => Array.from({ length: vertex.parallelism }, (_, subtask) => plan.executorOf(vertex, subtask)))
  }
  test('are as many as the widest vertex has subtasks, and hold one of each vertex', () => {
    expect(planSlots(graph, 2)).toMatchObject({ slots: 4, executors: 2 })
    expect(placed(2)).toEqual([[0, 1], [0, 0, 1, 1], [0]])
  })
  test('keep what rescale connects together, whatever the number of workers', () => {
    for (let workers = 1; workers <= 5; workers++) {
      const [source, map] = placed(workers)
      expect(new Set(map)).toEqual(new Set(Array.from({ length: Math.min(workers, 4) }, (_, executor) => executor)))
      expect(source?.[0]).toBe(map?.[0])
      expect(source?.[1]).toBe(map?.[2])
    }
  })
  test('need one executor without workers', () => {
    for (const workers of [0, 1]) expect(planSlots(graph, workers).executors).toBe(1)
    expect(planSlots(graph, 9).executors).toBe(4)
  })
})
