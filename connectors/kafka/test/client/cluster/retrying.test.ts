import { MillraceError } from '@millrace/core/spi'
import { expect, test } from 'vitest'
import { backoffMs, retrying } from '../../../src/client/cluster/retrying.ts'

const failure = (retryable: boolean): MillraceError => new MillraceError('TEST_FAILED', 'no', { origin: 'external', retryable })
const options = { signal: new AbortController().signal, timeoutMs: 10_000 }

test('what is retryable is tried again, and each failure is told', async () => {
  const told: number[] = []
  let calls = 0
  const attempt = (): Promise<string> => (++calls < 3 ? Promise.reject(failure(true)) : Promise.resolve('done'))
  expect(await retrying({ ...options, onRetry: (_, count) => told.push(count) }, attempt)).toBe('done')
  expect(told).toEqual([1, 2])
})

test('anything else is not', async () => {
  for (const error of [failure(false), new TypeError('a mistake')]) {
    let calls = 0
    await expect(retrying(options, () => (calls++, Promise.reject(error)))).rejects.toBe(error)
    expect(calls).toBe(1)
  }
})

test('when the time is up the last failure is final, and closing ends the waiting', async () => {
  await expect(retrying({ ...options, timeoutMs: -1 }, () => Promise.reject(failure(true)))).rejects.toMatchObject({ code: 'TEST_FAILED' })
  const controller = new AbortController()
  const waiting = retrying({ ...options, signal: controller.signal, onRetry: () => controller.abort() }, () => Promise.reject(failure(true)))
  await expect(waiting).rejects.toMatchObject({ code: 'KAFKA_CLOSED' })
})

test('the wait grows to about a second', () => {
  expect(backoffMs(1)).toBeLessThan(30)
  expect(backoffMs(30)).toBeGreaterThan(700)
  expect(backoffMs(30)).toBeLessThanOrEqual(1250)
})
