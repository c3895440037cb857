import { describe, expect, test } from 'vitest'
import { sequenceSource } from '../../src/adapters/sequence-source.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { WatermarkStrategy } from '../../src/functions/watermark-strategy.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { planHash } from '../../src/graph/plan-hash.ts'
import { explain } from '../../src/optimizer/explain.ts'
import { defineSink } from '../../src/spi/define-sink.ts'
import { graphOf } from '../api/job-fixture.ts'

const cheap = (env: StreamExecutionEnvironment): void => env.fromSequence(1, 9).rebalance().map((n) => n + 1).print()
const dear = (env: StreamExecutionEnvironment): void => {
  const counts = env.fromSequence(1, 9).keyBy((n) => n % 2).window(TumblingEventTimeWindows.of('1h')).aggregate({ n: count() }, ({ n }) => n)
  counts.keyBy((n) => n).window(TumblingEventTimeWindows.of('1d')).aggregate(count()).print()
}

test('says that handing records over costs more than it brings', () => {
  const { text, threads } = explain(graphOf(cheap), { parallelism: 4, workers: 2 })
  expect(threads).toMatchObject({ slots: 4, workers: 2, slotsOfWorkers: ['0–1', '2–3'], advice: expect.stringContaining('faster without workers') })
  expect(text).toContain('4 slots, each with one subtask of every vertex that is wide enough: worker 0 has slot 0–1, worker 1 has slot 2–3\nhint: about 0.0')
})
test('says nothing against threads where there is work', () => {
  const { text, threads } = explain(graphOf(dear), { parallelism: 2, workers: 2 })
  expect(threads?.knownWorkMicros).toBeGreaterThan(0.3)
  expect(threads?.advice).toBeNull()
  expect(text).not.toContain('hint')
})
test('says when no thread would be started', () => {
  expect(explain(graphOf(dear), { parallelism: 1, workers: 2 }).text).toContain('no worker threads\nhint: with parallelism 1')
  expect(explain(graphOf(dear), { parallelism: 2 }).threads).toBeUndefined()
})

describe('sources and sinks with a thread for I/O', () => {
  const sink = defineSink<number>({ name: 'lines', createWriter: () => ({ write() {}, flush() {} }) })
  const job = (env: StreamExecutionEnvironment): void => {
    const numbers = env.fromSource(sequenceSource(1, 9), WatermarkStrategy.noWatermarks(), { ioThread: true })
    numbers.map((n) => n + 1).map((n) => n * 2).sinkTo(sink, { ioThread: true })
  }
  test('are chained with nothing, and the plan says so', () => {
    const { text, json, ioThreads } = explain(graphOf(job))
    expect(json.vertices.map(({ name, ioThread }) => [name, ioThread])).toEqual([['source sequence', true], ['map → map', false], ['sink lines', true]])
    expect(json.edges.map(({ partitioning, notChained }) => [partitioning, notChained])).toEqual([
      ['forward', 'source sequence runs in a thread for I/O'],
      ['forward', 'sink lines runs in a thread for I/O'],
    ])
    expect(text).toContain('[0] source sequence  ×1 (max 128) · thread for I/O')
    expect(text).toContain('\nthreads for I/O: 1 for [0] source sequence, 1 for [2] sink lines\n')
    expect(ioThreads).toEqual([{ vertex: 0, name: 'source sequence', threads: 1 }, { vertex: 2, name: 'sink lines', threads: 1 }])
  })
  test('have one beside each worker', () => {
    const { ioThreads, threads } = explain(graphOf(job), { parallelism: 4, workers: 2 })
    expect(ioThreads.map(({ threads: count }) => count)).toEqual([2, 2])
    expect(threads).toMatchObject({ slots: 4, workers: 2 })
  })
  test('are part of the plan: its hash changes', () => {
    const plain = (env: StreamExecutionEnvironment): void => env.fromSource(sequenceSource(1, 9)).map((n) => n + 1).map((n) => n * 2).sinkTo(sink)
    expect(planHash(graphOf(plain))).not.toBe(planHash(graphOf(job)))
    expect(explain(graphOf(plain)).text).not.toContain('I/O')
  })
})
