import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { IntervalJoinSpec, JoinKind } from '../../../src/graph/operator-spec.ts'
import { hostileRun, type OperatorEvent } from '../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../src/testing/operator-harness.ts'
import { MAX_WATERMARK } from '../../../src/runtime/time/timestamps.ts'

interface Item {
  readonly key: string
  readonly n: number
}
const key = { kind: 'field', field: 'key' } as const
const byBoth = { keys: [key, key] }
const element = (input: 0 | 1, timestamp: number, n = timestamp, of = 'a'): OperatorEvent => ({ kind: 'element', value: { key: of, n }, timestamp, input })
const watermark = (timestamp: number): OperatorEvent => ({ kind: 'watermark', timestamp })
const text = (left: Item | null, right: Item | null): string => `${left?.n ?? '-'} ${right?.n ?? '-'}`
const spec = (join: JoinKind, lowerMs: number, upperMs: number, more: Partial<IntervalJoinSpec> = {}): IntervalJoinSpec => ({ kind: 'intervalJoin', join, lowerMs, upperMs, combine: text as never, ...more })

async function run(operator: IntervalJoinSpec, events: readonly OperatorEvent[]) {
  const harness = await createOperatorHarness(operator, byBoth)
  for (const event of events) {
    if (event.kind === 'element') harness.element(event.value, event.timestamp, event.input)
    else if (event.kind === 'watermark') harness.watermark(event.timestamp)
  }
  harness.watermark(MAX_WATERMARK)
  await harness.finish()
  expect(harness.entryCount()).toBe(0)
  await harness.close()
  return harness
}

/** What an interval join means: every pair of records that were not late, then everything that is in no pair. */
function model({ join, lowerMs, upperMs }: IntervalJoinSpec, events: readonly OperatorEvent[]): readonly string[] {
  let current = -Infinity
  const sides: [Extract<OperatorEvent, { kind: 'element' }>[], Extract<OperatorEvent, { kind: 'element' }>[]] = [[], []]
  for (const event of events) {
    if (event.kind === 'watermark') current = Math.max(current, event.timestamp)
    else if (event.kind === 'element' && event.timestamp > current) sides[event.input ?? 0].push(event)
  }
  const [lefts, rights] = sides
  const pairs = lefts.flatMap((left) =>
    rights
      .filter((right) => (left.value as Item).key === (right.value as Item).key && right.timestamp - left.timestamp >= lowerMs && right.timestamp - left.timestamp <= upperMs)
      .map((right) => ({ left, right })),
  )
  const rows = pairs.map(({ left, right }) => `${text(left.value as Item, right.value as Item)} @ ${Math.max(left.timestamp, right.timestamp)}`)
  if (join === 'left' || join === 'full') {
    for (const left of lefts) if (!pairs.some((pair) => pair.left === left)) rows.push(`${text(left.value as Item, null)} @ ${left.timestamp + Math.max(0, upperMs)}`)
  }
  if (join === 'right' || join === 'full') {
    for (const right of rights) if (!pairs.some((pair) => pair.right === right)) rows.push(`${text(null, right.value as Item)} @ ${right.timestamp + Math.max(0, -lowerMs)}`)
  }
  return rows.sort()
}

const rowsOf = ({ output }: Awaited<ReturnType<typeof run>>) => output.flatMap((event) => (event.kind === 'record' ? [`${event.value} @ ${event.timestamp}`] : [])).sort()

const specs = fc
  .record({ join: fc.constantFrom<JoinKind>('inner', 'left', 'right', 'full'), a: fc.integer({ min: -12, max: 12 }), b: fc.integer({ min: -12, max: 12 }) })
  .map(({ join, a, b }) => spec(join, Math.min(a, b), Math.max(a, b)))
const streams = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ input: fc.constantFrom(0 as const, 1 as const), at: fc.integer({ min: -10, max: 40 }), n: fc.nat(99), of: fc.constantFrom('a', 'b') }).map(({ input, at, n, of }) => element(input, at, n, of)) },
    { weight: 1, arbitrary: fc.integer({ min: -10, max: 45 }).map(watermark) },
  ),
  { maxLength: 30 },
)

describe('interval join', () => {
  it('means what the model says, for every kind, and leaves no state behind', async () => {
    await fc.assert(
      fc.asyncProperty(specs, streams, async (operator, events) => {
        expect(rowsOf(await run(operator, events))).toEqual(model(operator, events))
      }),
      { numRuns: 300 },
    )
  })

  it('survives the hostile harness', async () => {
    await fc.assert(fc.asyncProperty(specs, streams, async (operator, events) => void (await hostileRun(operator, events, byBoth))), { numRuns: 30 })
  })

  it('gives a row without a partner as soon as the watermark makes it certain, and before that watermark', async () => {
    const harness = await createOperatorHarness(spec('left', -5, 10), byBoth)
    harness.element({ key: 'a', n: 1 }, 100, 0)
    harness.watermark(109)
    expect(harness.records()).toEqual([])
    harness.watermark(110)
    expect(harness.output.slice(-2)).toEqual([
      { kind: 'record', value: '1 -', timestamp: 110 },
      { kind: 'watermark', timestamp: 110 },
    ])
    await harness.close()
  })

  it('sends late records to their side outputs, or counts and drops them', async () => {
    const events = [watermark(20), element(0, 20), element(1, 19), element(0, 21), element(1, 21)]
    const tagged = await run(spec('full', 0, 5, { lateLeftTag: 'late left' }), events)
    expect([tagged.side('late left'), tagged.counter('numLateRecordsDropped'), tagged.records()]).toEqual([[{ key: 'a', n: 20 }], 1, ['21 21']])
    const dropped = await run(spec('inner', 0, 5), events)
    expect(dropped.counter('numLateRecordsDropped')).toBe(2)
    expect(dropped.warnings).toEqual([expect.stringMatching(/dropping late records.*watermark bound/)])
  })

  it('refuses records without a timestamp', async () => {
    const harness = await createOperatorHarness(spec('inner', 0, 5), byBoth)
    expect(() => harness.element({ key: 'a', n: 1 }, Number.MIN_SAFE_INTEGER, 0)).toThrow(expect.objectContaining({ code: 'CORE_NO_TIMESTAMP' }))
    await harness.close(true)
  })

  it('forgets what a failing function was called for, and nothing else', async () => {
    const combine = (left: Item | null, right: Item | null): string => {
      if (left?.n === 13) throw new RangeError('unlucky')
      return text(left, right)
    }
    const operator = spec('left', 0, 5, { combine: combine as never })
    const events = [element(0, 1, 13), element(0, 1, 7), element(1, 2, 5), element(0, 3, 13), element(0, 40, 13), element(0, 40, 8)]
    const output = await hostileRun(operator, events, { ...byBoth, onError: 'skip' })
    // the right record fails with its partner 13, so that 7 and 13 have none; at the end of their intervals 13 fails again
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual(['7 -', '8 -'])
  })
})
