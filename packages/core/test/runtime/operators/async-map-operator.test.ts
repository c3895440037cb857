import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AsyncMapSpec } from '../../../src/graph/operator-spec.ts'
import { hostileRun, type OperatorEvent } from '../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../src/testing/operator-harness.ts'

const spec = (request: (n: number, context: { readonly signal: AbortSignal }) => Promise<unknown>, more: Partial<AsyncMapSpec> = {}): AsyncMapSpec => ({ kind: 'asyncMap', request: request as never, ordered: true, capacity: 100, ...more })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Requests that wait for their answers by hand. */
function answers() {
  const open = new Map<number, PromiseWithResolvers<unknown>>()
  const calls: number[] = []
  const request = (n: number): Promise<unknown> => {
    calls.push(n)
    const answer = Promise.withResolvers<unknown>()
    open.set(n, answer)
    return answer.promise
  }
  const answer = async (...numbers: readonly number[]): Promise<void> => {
    for (const n of numbers) open.get(n)?.resolve(n * 10)
    // one to hear of the answers, one for the message that lets them leave
    await turn()
    await turn()
  }
  return { request, answer, calls }
}

describe('async map', () => {
  it('emits in the order of its input when ordered, watermarks and statuses in between', async () => {
    const { request, answer } = answers()
    const harness = await createOperatorHarness(spec(request))
    for (const n of [1, 2]) harness.element(n, n)
    harness.watermark(5)
    harness.element(3, 6)
    harness.status(true)
    await answer(3, 2)
    expect(harness.output).toEqual([])
    await answer(1)
    expect(harness.output).toEqual([
      { kind: 'record', value: 10, timestamp: 1 },
      { kind: 'record', value: 20, timestamp: 2 },
      { kind: 'watermark', timestamp: 5 },
      { kind: 'record', value: 30, timestamp: 6 },
      { kind: 'status', idle: true },
    ])
    await harness.close()
  })

  it('emits as answers come when unordered, but never across a watermark', async () => {
    const { request, answer } = answers()
    const harness = await createOperatorHarness(spec(request, { ordered: false }))
    for (const n of [1, 2]) harness.element(n, n)
    harness.watermark(5)
    for (const n of [3, 4]) harness.element(n, n)
    await answer(4, 2)
    expect(harness.records()).toEqual([20])
    await answer(1)
    expect(harness.output.map((event) => (event.kind === 'record' ? event.value : event.kind))).toEqual([20, 10, 'watermark', 40])
    await answer(3)
    expect(harness.records()).toEqual([20, 10, 40, 30])
    await harness.close()
  })

  it('calls at most its capacity at a time, and asks for no input while it is full', async () => {
    const { request, answer, calls } = answers()
    const harness = await createOperatorHarness(spec(request, { capacity: 2 }))
    harness.element(1, 1)
    expect(harness.operator.ready?.()).toBeUndefined()
    for (const n of [2, 3, 4]) harness.element(n, n)
    expect(calls).toEqual([1, 2])
    let ready = false
    void harness.operator.ready?.()?.then(() => (ready = true))
    await answer(2)
    // 2 is done and waits for 1, so that nothing has left
    expect([ready, calls, harness.records()]).toEqual([true, [1, 2], []])
    await answer(1)
    expect([calls, harness.records()]).toEqual([[1, 2, 3, 4], [10, 20]])
    await answer(3, 4)
    expect(harness.operator.ready?.()).toBeUndefined()
    await harness.close()
  })

  it('calls again after a restore for all that had not left, done or not, before anything new', async () => {
    const first = answers()
    const harness = await createOperatorHarness(spec(first.request))
    for (const n of [1, 2, 3]) harness.element(n, n)
    harness.watermark(3)
    await first.answer(1, 3)
    expect(harness.records()).toEqual([10])
    const snapshot = await harness.snapshot()
    await harness.close()
    const second = answers()
    const restored = await createOperatorHarness(spec(second.request), { restore: [snapshot] })
    expect(second.calls).toEqual([2, 3])
    restored.element(4, 4)
    await second.answer(4, 3, 2)
    expect(restored.output.map((event) => (event.kind === 'record' ? event.value : event.kind))).toEqual([20, 30, 'watermark', 40])
    await restored.close()
    // at another parallelism the watermark of one subtask is not that of its records
    const rescaled = await createOperatorHarness(spec(second.request), { restore: [snapshot], parallelism: 2, subtaskIndex: 0, keys: [null] })
    await second.answer(2)
    await second.answer(3)
    expect(rescaled.watermarks()).toEqual([])
    await rescaled.close()
  })

  it('tries again after a growing wait, and gives up with the last error', async () => {
    let calls = 0
    const flaky = (n: number): Promise<number> => (++calls % 3 === 0 ? Promise.resolve(n) : Promise.reject(new Error(`no ${calls}`)))
    const retry = { attempts: 3, backoffMs: 100, maxBackoffMs: 150 }
    const harness = await createOperatorHarness(spec(flaky, { retry }))
    harness.element(1, 1)
    await harness.finish()
    expect([harness.records(), harness.context.now()]).toEqual([[1], 250])
    await harness.close()
    const failing = await createOperatorHarness(spec(flaky, { retry: { ...retry, when: (error) => !(error as Error).message.endsWith('4') } }), { onError: 'skip' })
    failing.element(1, 1)
    await failing.finish()
    expect([calls, failing.records(), failing.counter('numRecordsRejected')]).toEqual([4, [], 1])
    await failing.close()
  })

  it('times out all calls for a record together: an error, or a result of its own; and tells the function', async () => {
    const signals: AbortSignal[] = []
    const hanging = (_n: number, { signal }: { readonly signal: AbortSignal }): Promise<number> => {
      signals.push(signal)
      return new Promise(() => {})
    }
    const failing = await createOperatorHarness(spec(hanging, { timeoutMs: 50 }))
    failing.element(7, 1)
    await expect(failing.finish()).rejects.toMatchObject({ code: 'CORE_ASYNC_TIMEOUT', at: { record: '7' }, message: expect.stringContaining('50 ms') })
    expect([signals.map(({ aborted }) => aborted), failing.context.now()]).toEqual([[true], 50])
    await failing.close(true)
    const lenient = await createOperatorHarness(spec(hanging, { timeoutMs: 50, onTimeout: ((n: number) => -n) as never }))
    lenient.element(7, 1)
    await lenient.finish()
    expect(lenient.records()).toEqual([-7])
    await lenient.close()
  })

  it('ends at once when the attempt does, whatever hangs', async () => {
    const signals: AbortSignal[] = []
    const harness = await createOperatorHarness(spec((_n, { signal }) => (signals.push(signal), new Promise(() => {})), { capacity: 1 }))
    harness.element(1, 1)
    const ready = harness.operator.ready?.()
    const finished = harness.operator.finish?.()
    await harness.close(true)
    await Promise.all([ready, finished])
    expect(signals[0]?.aborted).toBe(true)
    expect(harness.records()).toEqual([])
  })

  it('survives the hostile harness, in both orders', async () => {
    const events = fc.array(fc.oneof({ weight: 3, arbitrary: fc.nat(30).map((n): OperatorEvent => ({ kind: 'element', value: n, timestamp: n })) }, fc.nat(30).map((timestamp): OperatorEvent => ({ kind: 'watermark', timestamp }))), { maxLength: 15 })
    const request = async (n: number): Promise<number> => {
      for (let turns = n % 5; turns > 0; turns--) await turn()
      return n * 10
    }
    await fc.assert(fc.asyncProperty(events, fc.boolean(), fc.integer({ min: 1, max: 4 }), async (all, ordered, capacity) => {
      const output = await hostileRun(spec(request, { ordered, capacity }), all)
      const kinds = output.map((event) => event.kind)
      expect(kinds.slice(0, -1)).toEqual(all.map(({ kind }) => (kind === 'element' ? 'record' : kind)))
    }), { numRuns: 20 })
  })
})
