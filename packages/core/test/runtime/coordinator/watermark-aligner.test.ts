import { expect, it } from 'vitest'
import type { JobGraph, JobVertex } from '../../../src/graph/job-graph.ts'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { WatermarkAligner } from '../../../src/runtime/coordinator/watermark-aligner.ts'
import { MAX_WATERMARK } from '../../../src/runtime/time/timestamps.ts'

const source = (id: number, parallelism: number, watermarks: WatermarkStrategy<unknown>): JobVertex =>
  ({ id, name: `s${id}`, parallelism, maxParallelism: 128, operators: [{ uid: `s${id}`, outputs: [], node: { operator: { kind: 'source', watermarks } } }] }) as unknown as JobVertex

function aligner(...vertices: readonly JobVertex[]) {
  const sent: string[] = []
  const graph: JobGraph = { jobName: 'j', planHash: '', edges: [], vertices }
  const instance = new WatermarkAligner(graph, (vertex, subtask) => `${vertex.name}#${subtask}`, (message) => {
    sent.push(`${message.taskId} ${message.maxWatermark === MAX_WATERMARK ? 'max' : message.maxWatermark}`)
  })
  return { instance, take: () => sent.splice(0) }
}
const strategy = (group: string, drift: `${number}ms`) => WatermarkStrategy.forMonotonousTimestamps().withWatermarkAlignment(group, drift)

it('lets each go its own drift beyond the slowest of the group, once all have begun', () => {
  const { instance, take } = aligner(source(0, 2, strategy('g', '10ms')), source(1, 1, strategy('g', '100ms')), source(2, 1, strategy('other', '1ms')), source(3, 1, WatermarkStrategy.noWatermarks()))
  instance.report('s0#0', 1_000)
  instance.report('s0#1', 500)
  expect(take()).toEqual([])
  instance.report('s1#0', 700)
  expect(take()).toEqual(['s0#0 510', 's0#1 510', 's1#0 600'])
  instance.report('s1#0', 900)
  expect(take(), 'only who asks is told the same again').toEqual(['s1#0 600'])
  instance.report('s0#1', 800)
  expect(take()).toEqual(['s0#0 810', 's0#1 810', 's1#0 900'])
  instance.report('s3#0', 1)
  expect(take()).toEqual([])
  instance.report('s2#0', 5)
  expect(take()).toEqual(['s2#0 6'])
})

it('waits for nobody who is idle or has ended; with nobody left there is no limit', () => {
  const { instance, take } = aligner(source(0, 1, strategy('g', '10ms')), source(1, 1, strategy('g', '10ms')))
  instance.report('s0#0', 5_000)
  instance.report('s1#0', null)
  expect(take()).toEqual(['s0#0 5010', 's1#0 5010'])
  instance.report('s1#0', 100)
  expect(take()).toEqual(['s0#0 110', 's1#0 110'])
  instance.report('s1#0', null)
  instance.report('s0#0', null)
  expect(take()).toEqual(['s0#0 5010', 's1#0 5010', 's0#0 max', 's1#0 max'])
})
