import { expect, test } from 'vitest'
import { createRealClock } from '../../src/testing/real-clock.ts'

test('real time passes by itself, and what does not end in time is given up', async () => {
  const clock = createRealClock()
  const before = clock.now()
  await clock.runUntil(new Promise<void>((resolve) => clock.schedule(5, resolve)))
  await clock.advance(5)
  expect(clock.now() - before).toBeGreaterThanOrEqual(8)
  await expect(clock.runUntil(Promise.reject(new Error('no')))).rejects.toThrow('no')
  await expect(clock.runUntil(new Promise(() => {}), { limitMs: 5 })).rejects.toMatchObject({ code: 'CORE_TEST_STUCK' })
})
