import { describe, expect, test } from 'vitest'
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

describe('vertices with a thread for I/O', () => {
  const io = (id: number, parallelism: number): JobVertex => ({ ...vertex(id, parallelism), ioThread: true })
  test('take no slot: each has an executor beside each of the others', () => {
    expect(placed(0, io(0, 1), vertex(1, 1))).toEqual({ slots: 1, executors: 2, of: ['1', '0'] })
    expect(placed(1, io(0, 4), vertex(1, 4), io(2, 4))).toEqual({ slots: 4, executors: 3, of: ['1111', '0000', '2222'] })
    expect(placed(2, io(0, 4), vertex(1, 4), io(2, 4))).toEqual({ slots: 4, executors: 6, of: ['2233', '0011', '4455'] })
    expect(placed(3, io(0, 2), vertex(1, 3))).toEqual({ slots: 3, executors: 5, of: ['34', '012'] })
  })
  test('may be all there is', () => {
    expect(placed(4, io(0, 2), io(1, 1))).toEqual({ slots: 1, executors: 3, of: ['11', '2'] })
  })
  test('take slots like all else when there are to be no threads for I/O', () => {
    const graph: JobGraph = { jobName: 'j', planHash: '', edges: [], vertices: [io(0, 2), vertex(1, 2)] }
    const { executors, executorOf } = planSlots(graph, 0, false)
    expect([executors, executorOf(io(0, 2), 1)]).toEqual([1, 0])
  })
})
