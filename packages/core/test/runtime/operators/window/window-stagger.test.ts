import fc from 'fast-check'
import { expect, it } from 'vitest'
import { TumblingEventTimeWindows, TumblingProcessingTimeWindows } from '../../../../src/functions/window-assigners.ts'
import { toStateKey } from '../../../../src/types/state-key.ts'
import { keyGroupOf } from '../../../../src/types/key-group.ts'
import { createOperatorHarness } from '../../../../src/testing/operator-harness.ts'
import { hostileRun } from '../../../../src/testing/hostile-run.ts'
import { element, keyed, watermark, windowSpec, type Row } from './window-fixture.ts'

const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`)
const random = windowSpec(TumblingEventTimeWindows.of('1s', { stagger: 'random' }))
const rowsIn = (records: readonly unknown[]): readonly Row[] => records as readonly Row[]

it('random: windows of one size that begin at many times, the same ones for all keys of a key group', async () => {
  const harness = await createOperatorHarness(random, keyed)
  for (const key of keys) harness.element({ key, value: 1 }, 10_500)
  harness.watermark(20_000)
  const rows = rowsIn(harness.records())
  await harness.close()
  expect(rows).toHaveLength(keys.length)
  for (const { start, end } of rows) expect([end - start, start <= 10_500 && 10_500 < end]).toEqual([1_000, true])
  const starts = new Map<number, Set<number>>()
  for (const { key, start } of rows) {
    const group = keyGroupOf(toStateKey(key), 128)
    starts.set(group, (starts.get(group) ?? new Set()).add(start))
  }
  expect([...starts.values()].every((each) => each.size === 1)).toBe(true)
  expect(new Set(rows.map(({ start }) => start)).size).toBeGreaterThan(starts.size / 2)
})

it('fires when each window is over, not all at once', async () => {
  const harness = await createOperatorHarness(random, keyed)
  for (const key of keys) harness.element({ key, value: 1 }, 10_500)
  let fired = 0
  let steps = 0
  for (let time = 10_500; time <= 11_500; time += 100) {
    harness.watermark(time)
    const rows = rowsIn(harness.records())
    for (const { end } of rows) expect(end - 1).toBeLessThanOrEqual(time)
    if (rows.length > fired) steps++
    fired = rows.length
  }
  await harness.close()
  expect([fired, steps > 4]).toEqual([keys.length, true])
})

it('survives hostile conditions, whatever the records', async () => {
  const events = fc.array(
    fc.oneof(
      fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.nat(9), timestamp: fc.nat(5_000) }).map(({ key, value, timestamp }) => element(key, value, timestamp)),
      fc.nat(5_000).map(watermark),
    ),
    { maxLength: 12 },
  )
  await fc.assert(fc.asyncProperty(events, async (list) => void (await hostileRun(random, list, keyed))), { numRuns: 25 })
})

it('natural: windows begin when the first record of a key group came, and still do after a restore at another parallelism', async () => {
  const natural = windowSpec(TumblingProcessingTimeWindows.of('1s', { stagger: 'natural' }))
  const first = await createOperatorHarness(natural, { ...keyed, now: 5_000 })
  keys.forEach((key, index) => {
    first.advanceTo(5_000 + index * 20)
    first.element({ key, value: 1 }, 0)
  })
  const began = new Map<number, number>()
  keys.forEach((key, index) => {
    const group = keyGroupOf(toStateKey(key), 128)
    if (!began.has(group)) began.set(group, (5_000 + index * 20) % 1_000)
  })
  const restore = [await first.snapshot()]
  await first.close()
  for (const parallelism of [1, 2]) {
    const rows: Row[] = []
    for (let subtaskIndex = 0; subtaskIndex < parallelism; subtaskIndex++) {
      const harness = await createOperatorHarness(natural, { ...keyed, parallelism, subtaskIndex, restore, now: 5_900 })
      const { start, end } = harness.context.keyGroupRange
      const own = keys.filter((key) => [keyGroupOf(toStateKey(key), 128)].every((group) => group >= start && group <= end))
      harness.advanceTo(8_123)
      for (const key of own) harness.element({ key, value: 2 }, 0)
      harness.advanceTo(10_000)
      rows.push(...rowsIn(harness.records()))
      await harness.close()
    }
    expect(rows).toHaveLength(2 * keys.length)
    for (const { key, start } of rows) expect(start % 1_000).toBe(began.get(keyGroupOf(toStateKey(key), 128)))
  }
})
