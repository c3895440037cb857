import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Evictors, type Evictor, type WindowElement } from '../../../../src/functions/evictors.ts'
import { Triggers } from '../../../../src/functions/triggers.ts'
import { EventTimeSessionWindows, GlobalWindows, TumblingEventTimeWindows } from '../../../../src/functions/window-assigners.ts'
import type { Trigger } from '../../../../src/functions/window.ts'
import { hostileRun, type OperatorEvent } from '../../../../src/testing/hostile-run.ts'
import { element, keyed, listing, rowsOf, streams, summing, watermark, windowSpec } from './window-fixture.ts'
import type { Reading } from './window-model.ts'

const SIZE = 6

interface Firing {
  readonly trigger: Trigger<unknown> | undefined
  /** Fires at every so many elements; undefined: at the end of the window. */
  readonly every?: number
  readonly purges: boolean
}
const firings: readonly Firing[] = [
  { trigger: undefined, purges: false },
  { trigger: Triggers.purging(Triggers.eventTime()), purges: true },
  { trigger: Triggers.count(2), every: 2, purges: false },
  { trigger: Triggers.purging(Triggers.count(3)), every: 3, purges: true },
]

type Keep = (elements: readonly WindowElement<Reading>[]) => readonly WindowElement<Reading>[]
interface Eviction {
  readonly evictor: Evictor<Reading>
  readonly before?: Keep
  readonly after?: Keep
}
const newest = (elements: readonly WindowElement<Reading>[]): number => Math.max(...elements.map(({ timestamp }) => timestamp))
const recent: Keep = (elements) => elements.filter(({ timestamp }) => timestamp > newest(elements) - 3)
const close: Keep = (elements) => elements.filter(({ value }) => Math.abs(value.value - (elements.at(-1)?.value.value ?? 0)) < 4)
const difference = (a: Reading, b: Reading): number => Math.abs(a.value - b.value)
const odd: Evictor<Reading> = {
  name: 'custom',
  before: (elements) => elements.filter(({ value }) => value.value % 2 !== 0),
  after: (elements, { window }) => elements.filter(({ timestamp }) => timestamp > window.start),
}
const evictions: readonly Eviction[] = [
  { evictor: Evictors.count(2), before: (elements) => elements.slice(-2) },
  { evictor: Evictors.count(1, { evictAfter: true }), after: (elements) => elements.slice(-1) },
  { evictor: Evictors.time('3ms'), before: recent },
  { evictor: Evictors.time('3ms', { evictAfter: true }), after: recent },
  { evictor: Evictors.delta(4, difference), before: close },
  { evictor: Evictors.delta(4, difference, { evictAfter: true }), after: close },
  {
    evictor: odd,
    before: (elements) => elements.filter(({ value }) => value.value % 2 !== 0),
    after: (elements) => elements.filter(({ timestamp }) => timestamp % SIZE !== 0),
  },
]

/** Tumbling windows with trigger, evictor and lateness, written as plainly as possible. */
function model(events: readonly OperatorEvent[], { every, purges }: Firing, { before, after }: Eviction, lateness: number): readonly string[] {
  const windows = new Map<string, { readonly key: string; readonly start: number; elements: readonly WindowElement<Reading>[]; count: number }>()
  const rows: string[] = []
  let current = -Infinity
  const fire = (window: { readonly key: string; readonly start: number; elements: readonly WindowElement<Reading>[] }): void => {
    const seen = window.elements.length === 0 ? [] : (before?.(window.elements) ?? window.elements)
    if (seen.length > 0) rows.push(`${window.key} ${window.start} ${seen.map(({ value }) => value.value).join()} @ ${window.start + SIZE - 1}`)
    window.elements = purges || seen.length === 0 ? [] : (after?.(seen) ?? seen)
  }
  const advance = (timestamp: number): void => {
    for (const window of windows.values()) {
      const last = window.start + SIZE - 1
      if (every === undefined && last > current && last <= timestamp) fire(window)
    }
    current = Math.max(current, timestamp)
    for (const [id, { start }] of windows) if (start + SIZE - 1 + lateness <= current) windows.delete(id)
  }
  for (const event of events) {
    if (event.kind === 'watermark') advance(event.timestamp)
    if (event.kind !== 'element') continue
    const start = Math.floor(event.timestamp / SIZE) * SIZE
    if (start + SIZE - 1 + lateness <= current) continue
    const { key } = event.value as Reading
    const id = `${key} ${start}`
    const window = windows.get(id) ?? { key, start, elements: [], count: 0 }
    windows.set(id, window)
    window.elements = [...window.elements, { value: event.value as Reading, timestamp: event.timestamp }]
    window.count++
    if (every === undefined ? start + SIZE - 1 <= current : window.count % every === 0) fire(window)
  }
  advance(Infinity)
  return rows.sort()
}

const spec = ({ trigger }: Firing, { evictor }: Eviction, lateness: number) =>
  windowSpec(TumblingEventTimeWindows.of(`${SIZE}ms`), { function: listing, evictor, allowedLatenessMs: lateness, ...(trigger === undefined ? {} : { trigger }) })

describe('windows with evictors', () => {
  it('mean what the model says with every trigger, evictor and lateness, in every hostile way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...firings), fc.constantFrom(...evictions), fc.constantFrom(0, 4, 20), streams, async (firing, eviction, lateness, events) => {
        const output = await hostileRun(spec(firing, eviction, lateness), events, keyed)
        expect(rowsOf(output)).toEqual(model(events, firing, eviction, lateness))
      }),
      { numRuns: 150 },
    )
  })

  it('aggregate and reduce anew over what the evictor leaves', async () => {
    const events = [1, 2, 3, 4].map((value) => element('a', value, value))
    const options = { trigger: Triggers.count(2), evictor: Evictors.count(3) }
    const sums = await hostileRun(windowSpec(GlobalWindows.create(), { function: summing, ...options }), events, keyed)
    expect(sums.flatMap((event) => (event.kind === 'record' ? [(event.value as { value: number }).value] : []))).toEqual([3, 9])
    const reduce = ((a: Reading, b: Reading) => ({ key: a.key, value: a.value * b.value })) as never
    const products = await hostileRun(windowSpec(GlobalWindows.create(), { function: { kind: 'reduce', reduce }, ...options }), events, keyed)
    expect(products.flatMap((event) => (event.kind === 'record' ? [(event.value as Reading).value] : []))).toEqual([2, 24])
  })

  it('work in windows that merge', async () => {
    const events = [element('a', 1, 0), element('a', 2, 8), element('a', 3, 4), watermark(30)]
    const output = await hostileRun(windowSpec(EventTimeSessionWindows.withGap('5ms'), { function: listing, evictor: Evictors.count(2) }), events, keyed)
    expect(rowsOf(output)).toEqual(['a 0 2,3 @ 12'])
  })

  it('refuse a count below 1', () => {
    expect(() => Evictors.count(0)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_EVICTOR' }))
  })
})
