import { createVirtualClock } from '@millrace/core/testing'
import { describe, expect, it } from 'vitest'
import { S3Requests } from '../../src/client/s3-requests.ts'
import type { S3Request } from '../../src/client/s3-requests.ts'
import { toConfig } from '../../src/s3-options.ts'

const attempted = { doing: 'read', path: 's3://bucket/key', permission: 's3:GetObject' }
const sdkError = (name: string, status: number): Error => Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } })

function requestsAt(clock: ReturnType<typeof createVirtualClock>, warnings: unknown[] = []): S3Requests {
  const logger = { debug() {}, info() {}, error() {}, warn: (fields: unknown) => void warnings.push(fields) }
  return new S3Requests(toConfig({ endpoint: 'http://127.0.0.1:1', clock, random: () => 0.5, maxAttempts: 4, requestTimeout: '30s', logger }, {}))
}

/** Fails as the list says, then succeeds with the number of attempts. */
function scripted(errors: readonly Error[]): S3Request<number> {
  let attempts = 0
  return {
    ...attempted,
    run() {
      const error = errors[attempts++]
      return error === undefined ? Promise.resolve(attempts) : Promise.reject(error)
    },
  }
}

describe('S3Requests', () => {
  it('tries again what can succeed then, waiting by its clock, and says so', async () => {
    const clock = createVirtualClock()
    const warnings: unknown[] = []
    const requests = requestsAt(clock, warnings)
    const reset = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    expect(await clock.runUntil(requests.send(scripted([sdkError('SlowDown', 503), sdkError('InternalError', 500), reset])))).toBe(4)
    expect(clock.now()).toBeCloseTo(0.55 * (100 + 200 + 400))
    expect(requests.statistics).toMatchObject({ requests: 4, retries: 3 })
    expect(warnings).toMatchObject([{ path: 's3://bucket/key', attempt: 1, delayMs: 55 }, { attempt: 2 }, { attempt: 3 }])
  })

  it('gives up after as many attempts as it may, and at once where trying again is useless', async () => {
    const clock = createVirtualClock()
    const busy = requestsAt(clock).send(scripted(Array.from({ length: 9 }, () => sdkError('SlowDown', 503))))
    await expect(clock.runUntil(busy)).rejects.toMatchObject({ code: 'FS_IO', retryable: true, message: expect.stringContaining('tried 4 times') as string })
    const requests = requestsAt(clock)
    await expect(clock.runUntil(requests.send(scripted([sdkError('AccessDenied', 403)])))).rejects.toMatchObject({ code: 'FS_ACCESS_DENIED' })
    expect(requests.statistics.requests).toBe(1)
  })

  it('ends an attempt that gets no answer, with more time for more bytes', async () => {
    for (const [bytes, limitMs] of [[0, 30_000], [1024 * 1024, 31_024]] as const) {
      const clock = createVirtualClock()
      let first = true
      const sent = requestsAt(clock).send({
        ...attempted,
        bytes,
        run: (_, signal) => {
          if (!first) return Promise.resolve('answered')
          first = false
          return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))))
        },
      })
      expect(await clock.runUntil(sent)).toBe('answered')
      expect(clock.now()).toBeCloseTo(limitMs + 55)
    }
  })

  it('stops waiting when it is aborted', async () => {
    const clock = createVirtualClock()
    const stop = new AbortController()
    const reason = new Error('stop')
    const sent = requestsAt(clock).send({ ...scripted([sdkError('SlowDown', 503), sdkError('SlowDown', 503)]), signal: stop.signal })
    clock.schedule(10, () => stop.abort(reason))
    await expect(clock.runUntil(sent)).rejects.toBe(reason)
    expect(clock.now()).toBe(10)
  })
})
