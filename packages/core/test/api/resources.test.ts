import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { planHash } from '../../src/graph/plan-hash.ts'
import { describeJob } from '../../src/optimizer/describe-job.ts'
import { explainText } from '../../src/optimizer/explain-text.ts'
import { optimize } from '../../src/optimizer/optimize.ts'
import type { Source } from '../../src/spi/source.ts'
import { graphOf } from './job-fixture.ts'

const source: Source<number> = { kind: 'source', name: 'nothing', bounded: true, createEnumerator: () => expect.unreachable(), createReader: () => expect.unreachable() }

const vertices = (build: (env: StreamExecutionEnvironment) => void, parallelism = 1) =>
  optimize(graphOf(build), { parallelism }).vertices.map(({ name, slotSharingGroup = 'default', bufferTimeoutMs }) => [name, slotSharingGroup, ...(bufferTimeoutMs === undefined ? [] : [bufferTimeoutMs])].join(' | '))

test('operators of another slot sharing group are tasks of their own, and what follows inherits the group', () => {
  expect(
    vertices((env) =>
      env
        .fromSequence(1, 9)
        .map((n) => n + 1)
        .map((n) => n * 2)
        .slotSharingGroup('heavy')
        .map((n) => n - 1)
        .sinkTo({ kind: 'sink', name: 'out', createWriter: () => ({ write() {}, flush() {} }) }, { slotSharingGroup: 'default' }),
    ),
  ).toEqual(['source sequence → map | default', 'map → map | heavy', 'sink out | default'])
})

test('inputs of several groups leave the default; combiners run where their input does', () => {
  const names = vertices(
    (env) => {
      const heavy = env.fromSource(source, undefined, { slotSharingGroup: 'heavy' })
      const light = env.fromSource(source)
      heavy.keyBy((n) => n).window(TumblingEventTimeWindows.of('1s')).aggregate(count()).slotSharingGroup('windows').union(light).print()
    },
    2,
  )
  expect(names).toEqual(['source nothing → combine for window tumbling(1000ms) | heavy', 'source nothing | default', 'window tumbling(1000ms) | windows', 'sink print | default'])
})

test('the shortest buffer timeout of a task counts', () => {
  const build = (env: StreamExecutionEnvironment): void => env.fromSequence(1, 9).setBufferTimeout('50ms').map((n) => n).setBufferTimeout('5ms').rebalance().map((n) => n).print()
  expect(vertices(build, 2)).toEqual(['source sequence → map | default | 5', 'map → sink print | default'])
})

test('both are data of the plan, and shown', () => {
  const build = (env: StreamExecutionEnvironment): void => env.fromSequence(1, 9).map((n) => n).slotSharingGroup('heavy').setBufferTimeout('0ms').print()
  const plain = (env: StreamExecutionEnvironment): void => env.fromSequence(1, 9).map((n) => n).print()
  expect(planHash(graphOf(build))).not.toBe(planHash(graphOf(plain)))
  const text = explainText(describeJob(optimize(graphOf(build), { parallelism: 1 })))
  expect(text).toContain('[1] map → sink print  ×1 (max 128) · slots heavy · buffer timeout 0ms')
  expect(text).toContain('not chained: slot sharing groups default and heavy')
})

test('a group needs a name', () => {
  expect(() => graphOf((env) => env.fromSequence(1, 2).map((n) => n).slotSharingGroup(' ').print())).toThrow(expect.objectContaining({ code: 'CORE_INVALID_SLOT_GROUP' }))
})
