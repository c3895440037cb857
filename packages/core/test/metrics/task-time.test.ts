import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createTaskTime } from '../../src/metrics/task-time.ts'

function clock(): { now: () => number; pass: (ms: number) => void } {
  let nowMs = 5_000
  return { now: () => nowMs, pass: (ms) => void (nowMs += ms) }
}

test('a new task is idle', () => {
  const { now } = clock()
  expect(createTaskTime(now).ratios()).toEqual({ busy: 0, idle: 1, backPressured: 0 })
})

test('the first second counts as far as it has gone', () => {
  const { now, pass } = clock()
  const time = createTaskTime(now)
  pass(100)
  time.busy()
  pass(300)
  expect(time.ratios()).toEqual({ busy: 0.75, idle: 0.25, backPressured: 0 })
})

test('then the last whole second counts, however the transitions lie', () => {
  const { now, pass } = clock()
  const time = createTaskTime(now)
  time.busy()
  pass(600)
  time.backPressured()
  pass(300)
  time.idle()
  pass(100)
  time.busy()
  pass(999)
  expect(time.ratios()).toEqual({ busy: 0.6, idle: 0.1, backPressured: 0.3 })
  pass(1)
  expect(time.ratios()).toEqual({ busy: 1, idle: 0, backPressured: 0 })
})

test('a long stretch without a call costs nothing and is seen whole', () => {
  const { now, pass } = clock()
  const time = createTaskTime(now)
  time.backPressured()
  pass(86_400_000 * 365)
  expect(time.ratios().backPressured).toBe(1)
})

test('a clock that steps back does not count', () => {
  const { now, pass } = clock()
  const time = createTaskTime(now)
  time.busy()
  pass(500)
  time.idle()
  pass(-400)
  time.idle()
  pass(500)
  expect(time.ratios()).toEqual({ busy: 0.5, idle: 0.5, backPressured: 0 })
})

test('agrees with counting milliseconds one by one', () => {
  const step = fc.record({ activity: fc.constantFrom('busy', 'idle', 'backPressured'), ms: fc.integer({ min: 0, max: 5_000 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const { now, pass } = clock()
      const time = createTaskTime(now)
      const history: string[] = []
      for (const { activity, ms } of steps) {
        time[activity]()
        pass(ms)
        for (let i = 0; i < ms; i++) history.push(activity)
      }
      const whole = Math.floor(history.length / 1000) * 1000
      const window = whole === 0 ? history : history.slice(whole - 1000, whole)
      const ratios = time.ratios()
      for (const activity of ['busy', 'idle', 'backPressured'] as const) {
        const counted = window.filter((entry) => entry === activity).length / window.length
        if (window.length > 0) expect(ratios[activity]).toBeCloseTo(counted, 9)
      }
    }),
    { numRuns: 60 },
  )
})
