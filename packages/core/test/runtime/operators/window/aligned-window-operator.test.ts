import { describe, expect, it } from 'vitest'
import { count } from '../../../../src/functions/aggregates.ts'
import { SlidingEventTimeWindows, TumblingEventTimeWindows } from '../../../../src/functions/window-assigners.ts'
import { createOperatorHarness } from '../../../../src/testing/operator-harness.ts'
import { hostileRun } from '../../../../src/testing/hostile-run.ts'
import { combinedRowType } from '../../../../src/graph/combined-row.ts'
import { createDataInput } from '../../../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../../../src/types/byte-data-output.ts'
import { element, keyed, rowsOf, summing, watermark, windowSpec } from './window-fixture.ts'

const reading = (key: string, value: number) => ({ key, value })

describe('window-major windows', () => {
  it('stop between rows when the output is full and forward the watermark after the last row', async () => {
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms')), { ...keyed, hostileOutput: true, lazyResume: true })
    for (const key of ['a', 'b', 'c', 'd']) harness.element(reading(key, 1), 5)
    harness.watermark(9)
    expect(harness.records()).toHaveLength(1)
    expect(harness.watermarks()).toEqual([])
    harness.resume()
    expect(harness.records()).toHaveLength(4)
    expect(harness.output.at(-1)).toEqual({ kind: 'watermark', timestamp: 9 })
    await harness.close()
  })

  it('finish a suspended window before the next element, so that it neither counts nor reopens', async () => {
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms')), { ...keyed, hostileOutput: true, lazyResume: true })
    for (const key of ['a', 'b', 'c']) harness.element(reading(key, 1), 5)
    harness.watermark(9)
    harness.element(reading('c', 100), 6)
    expect(rowsOf(harness.output)).toEqual(['a 0 1 @ 9', 'b 0 1 @ 9', 'c 0 1 @ 9'])
    expect(harness.side('late')).toEqual([reading('c', 100)])
    await harness.close()
  })

  it('count late records when nobody reads their side output, and say so once', async () => {
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms')), { ...keyed, unreadSides: ['late'] })
    harness.watermark(30)
    harness.element(reading('a', 1), 5)
    harness.element(reading('a', 1), 6)
    expect(harness.counter('numLateRecordsDropped')).toBe(2)
    expect(harness.warnings.filter((message) => message.includes('late'))).toHaveLength(1)
    await harness.close()
  })

  it('do not reopen purged windows after a restore', async () => {
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'))
    const first = await createOperatorHarness(spec, keyed)
    first.element(reading('a', 1), 5)
    first.watermark(12)
    const snapshot = await first.snapshot()
    await first.close()
    const second = await createOperatorHarness(spec, { ...keyed, restore: [snapshot] })
    second.element(reading('a', 1), 7)
    second.watermark(30)
    expect(second.records()).toEqual([])
    expect(second.side('late')).toHaveLength(1)
    await second.close()
  })

  it.each([[1, 2], [2, 1], [3, 2], [2, 5]])('restore at another parallelism: %i to %i', async (from, to) => {
    const spec = windowSpec(SlidingEventTimeWindows.of('10ms', '5ms'))
    const keys = Array.from({ length: 40 }, (_, index) => `key ${index}`)
    const old = await Promise.all(Array.from({ length: from }, (_, subtaskIndex) => createOperatorHarness(spec, { ...keyed, parallelism: from, subtaskIndex })))
    const sent = keys.map((key) =>
      old.filter((harness) => {
        try {
          harness.element(reading(key, 1), 3)
          return true
        } catch {
          return false
        }
      }).length,
    )
    expect(sent.every((count) => count === 1)).toBe(true)
    const restore = await Promise.all(old.map((harness) => harness.snapshot()))
    const output: string[] = []
    for (let subtaskIndex = 0; subtaskIndex < to; subtaskIndex++) {
      const harness = await createOperatorHarness(spec, { ...keyed, parallelism: to, subtaskIndex, restore })
      harness.watermark(100)
      output.push(...rowsOf(harness.output))
      await harness.close()
    }
    expect(output.sort()).toEqual(keys.flatMap((key) => [`${key} -5 1 @ 4`, `${key} 0 1 @ 9`]).sort())
    for (const harness of old) await harness.close()
  })

  it('see elements that come late for some of their windows in all others, however these are merged', async () => {
    const spec = windowSpec(SlidingEventTimeWindows.of('40ms', '10ms'))
    const events = [5, 15, 25, 35].map((timestamp) => element('a', 1, timestamp))
    const output = await hostileRun(spec, [...events, watermark(49), element('a', 100, 26), watermark(59)], keyed)
    expect(rowsOf(output)).toEqual(
      ['a -30 1 @ 9', 'a -20 2 @ 19', 'a -10 3 @ 29', 'a 0 4 @ 39', 'a 10 3 @ 49', 'a 20 102 @ 59', 'a 30 1 @ 69'].sort(),
    )
  })

  it('say which operator and record has a key that is not one, or that moved', async () => {
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms')), keyed)
    expect(() => harness.element({ key: null, value: 3 }, 1)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_KEY', at: expect.objectContaining({ operator: 'window', record: '{key: null, value: 3}' }) }))
    await harness.close()
    const half = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms')), { ...keyed, parallelism: 128, subtaskIndex: 0 })
    const foreign = Array.from({ length: 5 }, (_, index) => {
      try {
        half.element(reading(`k${index}`, 1), 1)
        return 'own'
      } catch (error) {
        return (error as { code: string }).code
      }
    })
    expect(foreign).toContain('CORE_UNSTABLE_KEY')
    await half.close()
  })
})

describe('a combiner before the shuffle', () => {
  const fn = { kind: 'aggregate', aggregate: count() as never, finish: ((value: unknown, key: unknown, window: { start: number; end: number }) => ({ key, ...window, value })) as never } as const
  const window = windowSpec(SlidingEventTimeWindows.of('10ms', '4ms'), { function: fn })
  const events = [element('a', 1, 1), element('b', 1, 3), element('a', 1, 9), watermark(8), element('a', 1, 8), element('b', 1, 30)]

  it('sends the same windows on, one row per key and slice, before every watermark', async () => {
    const direct = await hostileRun(window, events, keyed)
    const rows = await hostileRun({ kind: 'combine', window }, events, keyed)
    const combined = rows.flatMap((event) => {
      if (event.kind === 'record') return [{ kind: 'element' as const, value: event.value, timestamp: event.timestamp }]
      return event.kind === 'watermark' && event.timestamp < Number.MAX_SAFE_INTEGER ? [watermark(event.timestamp)] : []
    })
    expect(combined.filter((event) => event.kind === 'element').length).toBeLessThan(events.length)
    const behind = await hostileRun({ ...window, combined: true }, combined, keyed)
    expect(rowsOf(behind)).toEqual(rowsOf(direct))
  })

  it('flushes before a barrier and has a type for the edge', async () => {
    const harness = await createOperatorHarness({ kind: 'combine', window }, keyed)
    harness.element(reading('a', 1), 1)
    harness.element(reading('a', 1), 1)
    expect(harness.records()).toEqual([])
    await harness.snapshot()
    const row = { key: 'a', slice: 0, count: 2, accumulator: { count: 2 } }
    expect(harness.records()).toEqual([row])
    const { serializer } = combinedRowType(window, undefined, undefined)
    const output = createDataOutput()
    serializer.write(row as never, output)
    expect(serializer.read(createDataInput(output.bytes()))).toEqual(row)
    await harness.close()
  })

  it('counts late elements, not rows', async () => {
    const late = await createOperatorHarness({ ...window, combined: true }, { ...keyed, unreadSides: ['late'] })
    late.watermark(100)
    late.element({ key: 'a', slice: 4, count: 3, accumulator: { count: 3 } }, 4)
    expect(late.counter('numLateRecordsDropped')).toBe(3)
    await late.close()
  })

  it('needs an aggregate that merges', async () => {
    await expect(createOperatorHarness({ kind: 'combine', window: { ...window, function: { kind: 'reduce', reduce: (a: never) => a } } }, keyed)).rejects.toMatchObject({ code: 'CORE_NOT_MERGEABLE' })
  })
})

describe('user functions that throw in windows', () => {
  it('leave no trace of the element when skipped', async () => {
    const aggregate = {
      createAccumulator: () => ({ seen: [] as number[] }),
      add(value: { value: number }, accumulator: { seen: number[] }) {
        accumulator.seen.push(value.value)
        if (value.value === 13) throw new Error('unlucky')
        return accumulator
      },
      getResult: (accumulator: { seen: number[] }) => accumulator.seen.slice(),
    }
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'), { function: { kind: 'aggregate', aggregate: aggregate as never } })
    const output = await hostileRun(spec, [1, 13, 2].map((value) => element('a', value, 1)), { ...keyed, onError: 'skip' })
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual([[1, 2]])
  })

  it('fail with operator, key and window', async () => {
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'), { function: { ...summing, finish: (() => { throw new TypeError('no such field') }) as never } as never })
    const harness = await createOperatorHarness(spec, keyed)
    harness.element(reading('a', 1), 1)
    expect(() => harness.watermark(20)).toThrow(expect.objectContaining({ code: 'CORE_USER_FUNCTION', message: expect.stringMatching(/window \[0, 10\).*key "a".*no such field/), cause: expect.any(TypeError) }))
    await harness.close(true)
  })
})
