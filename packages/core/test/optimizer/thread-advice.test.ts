import { expect, test } from 'vitest'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { count } from '../../src/functions/aggregates.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { explain } from '../../src/optimizer/explain.ts'
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
