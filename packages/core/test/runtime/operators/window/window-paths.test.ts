import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { WindowSpec } from '../../../../src/graph/operator-spec.ts'
import { isWindowMajor, shortSessionGapMs } from '../../../../src/runtime/operators/window/create-window-operator.ts'
import { MAX_WATERMARK } from '../../../../src/runtime/time/timestamps.ts'
import { hostileRun, type OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../../src/testing/operator-harness.ts'
import { alignedAssigner, geometries, keyed, keyMajorTrigger, lateOf, rowsOf, streams, summing, summingWithoutMerge, windowSpec } from './window-fixture.ts'
import { modelWindows } from './window-model.ts'

const reducing: WindowSpec['function'] = {
  kind: 'reduce',
  reduce: ((a: { key: string; value: number }, b: { value: number }) => ({ key: a.key, value: a.value + b.value })) as never,
}

async function run(spec: WindowSpec, events: readonly OperatorEvent[]) {
  const harness = await createOperatorHarness(spec, keyed)
  for (const event of events) {
    if (event.kind === 'element') harness.element(event.value, event.timestamp)
    else if (event.kind === 'watermark') harness.watermark(event.timestamp)
  }
  harness.watermark(MAX_WATERMARK)
  await harness.finish()
  expect(harness.entryCount()).toBe(0)
  await harness.close()
  return harness.output
}

const gaps = fc.record({ gapMs: fc.integer({ min: 1, max: 15 }), lateness: fc.constantFrom(0, 0, 3, 12, 40) })
const latest: WindowSpec['function'] = { kind: 'reduce', reduce: ((a: { value: number }, b: { key: string; value: number }) => ({ key: b.key, value: a.value * 3 + b.value })) as never }

describe('both paths of sessions agree', () => {
  it('takes the short one for a fixed gap in event time, the default trigger and a mergeable function only', () => {
    const session = (time: 'event' | 'processing') => ({ kind: 'session', time, gapMs: 5 }) as const
    expect(shortSessionGapMs(windowSpec(session('event')))).toBe(5)
    expect(shortSessionGapMs(windowSpec(session('processing')))).toBeUndefined()
    expect(shortSessionGapMs(windowSpec(session('event'), { trigger: keyMajorTrigger }))).toBeUndefined()
    expect(shortSessionGapMs(windowSpec(session('event'), { function: summingWithoutMerge }))).toBeUndefined()
  })

  it.each([
    ['aggregate', summing],
    ['reduce, in whatever order the values come', latest],
  ] as const)('%s', async (_name, fn) => {
    await fc.assert(
      fc.asyncProperty(gaps, streams, async ({ gapMs, lateness }, events) => {
        const options = { allowedLatenessMs: lateness, function: fn }
        const assigner = { kind: 'session', time: 'event', gapMs } as const
        const [short, keyMajor] = [await run(windowSpec(assigner, options), events), await run(windowSpec(assigner, { ...options, trigger: keyMajorTrigger }), events)]
        const sorted = (output: typeof short) => output.map((event) => JSON.stringify(event)).sort()
        expect(sorted(short)).toEqual(sorted(keyMajor))
        expect(lateOf(short)).toEqual(lateOf(keyMajor))
      }),
      { numRuns: 300 },
    )
  })

  it('the short one survives the hostile harness', async () => {
    await fc.assert(
      fc.asyncProperty(gaps, streams, async ({ gapMs, lateness }, events) => {
        await hostileRun(windowSpec({ kind: 'session', time: 'event', gapMs }, { allowedLatenessMs: lateness }), events, keyed)
      }),
      { numRuns: 25 },
    )
  })
})

describe('both window paths mean what the model says', () => {
  it('chooses the window-major path for aligned event-time windows with the default trigger only', () => {
    const assigner = alignedAssigner({ size: 10, slide: 10, offset: 0, lateness: 0 })
    expect(isWindowMajor(windowSpec(assigner))).toBe(true)
    expect(isWindowMajor(windowSpec(assigner, { trigger: keyMajorTrigger }))).toBe(false)
    expect(isWindowMajor(windowSpec({ kind: 'session', time: 'event', gapMs: 5 }))).toBe(false)
    expect(isWindowMajor(windowSpec({ kind: 'tumbling', time: 'processing', sizeMs: 5, offsetMs: 0 }))).toBe(false)
  })

  it.each([
    ['window-major', { function: summing }],
    ['window-major without slices', { function: summingWithoutMerge }],
    ['key-major', { function: summing, trigger: keyMajorTrigger }],
  ] as const)('%s', async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(geometries, streams, async (geometry, events) => {
        const output = await run(windowSpec(alignedAssigner(geometry), { ...options, allowedLatenessMs: geometry.lateness }), events)
        const model = modelWindows(events, geometry)
        expect(rowsOf(output)).toEqual(model.rows)
        expect(lateOf(output)).toEqual(model.late)
      }),
      { numRuns: 120 },
    )
  })

  it('window-major reduce agrees with key-major reduce, whatever the order of values', async () => {
    const latest: WindowSpec['function'] = { kind: 'reduce', reduce: ((_a: unknown, b: unknown) => b) as never }
    await fc.assert(
      fc.asyncProperty(geometries, streams, async (geometry, events) => {
        const options = { allowedLatenessMs: geometry.lateness, function: latest }
        const values = async (spec: WindowSpec) => (await run(spec, events)).map((event) => JSON.stringify(event)).sort()
        const assigner = alignedAssigner(geometry)
        expect(await values(windowSpec(assigner, options))).toEqual(await values(windowSpec(assigner, { ...options, trigger: keyMajorTrigger })))
      }),
      { numRuns: 40 },
    )
  })

  it.each([
    ['window-major', { function: summing }],
    ['window-major without slices', { function: summingWithoutMerge }],
    ['window-major reduce', { function: reducing }],
    ['key-major', { function: summing, trigger: keyMajorTrigger }],
  ] as const)('%s survives the hostile harness', async (_name, options) => {
    await fc.assert(
      fc.asyncProperty(geometries, streams, async (geometry, events) => {
        await hostileRun(windowSpec(alignedAssigner(geometry), { ...options, allowedLatenessMs: geometry.lateness }), events, keyed)
      }),
      { numRuns: 15 },
    )
  })
})
