import { expect, test } from 'vitest'
import { diffPlans } from '../../src/graph/diff-plans.ts'
import { describePlan } from '../../src/graph/plan-hash.ts'
import { TumblingEventTimeWindows } from '../../src/functions/window-assigners.ts'
import { count } from '../../src/functions/aggregates.ts'
import type { StreamExecutionEnvironment } from '../../src/api/stream-execution-environment.ts'
import { graphOf } from '../api/job-fixture.ts'

const windowed = (size: '1h' | '2h') => (env: StreamExecutionEnvironment): void => env.fromSequence(1, 9).keyBy((n) => n % 2).window(TumblingEventTimeWindows.of(size)).aggregate(count()).print()
const plan = (build: (env: StreamExecutionEnvironment) => void, parallelism = 1) => describePlan(graphOf(build), { parallelism })

test('equal plans do not differ', () => {
  expect(diffPlans(plan(windowed('1h')), plan(windowed('1h')))).toEqual([])
})
test('names the operator, the option and both values', () => {
  const lines = diffPlans(plan(windowed('1h')), plan(windowed('2h')))
  expect(lines).toContainEqual(expect.stringMatching(/^job\.nodes\[1\] \(.+\)\.operator\.assigner: "tumbling\(3600000ms\)" on the coordinator, "tumbling\(7200000ms\)" here$/))
  expect(lines.every((line) => line.startsWith('job.nodes[1]'))).toBe(true)
})
test('says what is missing and which settings differ', () => {
  const lines = diffPlans(plan((env) => env.fromSequence(1, 9).map((n) => n).print(), 2), plan((env) => env.fromSequence(1, 9).print(), 3))
  expect(lines.join('\n')).toContain('job.options.parallelism: 2 on the coordinator, 3 here')
  expect(lines.join('\n')).toContain('nothing here')
})
test('is short, however much differs', () => {
  const many = (names: string) => plan((env) => Array.from({ length: 20 }, (_, i) => env.fromSequence(1, 9).map((n) => n).uid(`${names} ${i}`).print()))
  const lines = diffPlans(many('a'), many('b'))
  expect(lines).toHaveLength(9)
  expect(lines.at(-1)).toBe('… and 12 more')
})
