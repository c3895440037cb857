import { expect, test } from 'vitest'
import type { JobGraph, JobVertex } from '../../src/graph/job-graph.ts'
import { planSlots } from '../../src/graph/slots.ts'

const vertex = (id: number, parallelism: number, slotSharingGroup?: string): JobVertex => ({
  ...{ id, name: `v${id}`, parallelism, maxParallelism: 128, operators: [] },
  ...(slotSharingGroup === undefined ? {} : { slotSharingGroup }),
})
function placed(workers: number, ...vertices: readonly JobVertex[]) {
  const graph: JobGraph = { jobName: 'j', planHash: '', edges: [], vertices }
  const { slots, executors, executorOf } = planSlots(graph, workers)
  return { slots, executors, of: vertices.map((each) => Array.from({ length: each.parallelism }, (_, subtask) => executorOf(each, subtask)).join('')) }
}

test('vertices of one group share slots: as many as the widest has subtasks', () => {
  expect(placed(4, vertex(0, 2), vertex(1, 4), vertex(2, 1))).toEqual({ slots: 4, executors: 4, of: ['02', '0123', '0'] })
  expect(placed(2, vertex(0, 2), vertex(1, 4))).toEqual({ slots: 4, executors: 2, of: ['01', '0011'] })
  expect(placed(9, vertex(0, 3))).toMatchObject({ executors: 3 })
})

test('each group has slots of its own, so that with enough workers a heavy part has threads of its own', () => {
  expect(placed(3, vertex(0, 1), vertex(1, 2, 'heavy'), vertex(2, 1))).toEqual({ slots: 3, executors: 3, of: ['0', '12', '0'] })
  expect(placed(2, vertex(0, 2), vertex(1, 2, 'heavy'))).toEqual({ slots: 4, executors: 2, of: ['00', '11'] })
  expect(placed(0, vertex(0, 2), vertex(1, 2, 'heavy'))).toEqual({ slots: 4, executors: 1, of: ['00', '00'] })
})
