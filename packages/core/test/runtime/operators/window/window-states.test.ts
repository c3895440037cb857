import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { valueState } from '../../../../src/functions/state-descriptor.ts'
import { Triggers } from '../../../../src/functions/triggers.ts'
import { EventTimeSessionWindows, TumblingEventTimeWindows } from '../../../../src/functions/window-assigners.ts'
import type { WindowOpenContext } from '../../../../src/functions/window.ts'
import type { WindowFunctionSpec } from '../../../../src/graph/operator-spec.ts'
import { hostileRun } from '../../../../src/testing/hostile-run.ts'
import { createOperatorHarness } from '../../../../src/testing/operator-harness.ts'
import { long } from '../../../../src/types/number-types.ts'
import { element, keyed, streams, watermark, windowSpec } from './window-fixture.ts'

/** Tells how often this window and all windows of the key have fired. */
const counting: WindowFunctionSpec = {
  kind: 'process',
  open: (context: WindowOpenContext) => {
    const ofWindow = context.windowState(valueState('fired', long()))
    const ofKey = context.globalState(valueState('fired', long()))
    return ((_elements: unknown, { key, window }: { key: string; window: { start: number } }, output: { collect(value: unknown): void }) => {
      ofWindow.update((ofWindow.value() ?? 0) + 1)
      ofKey.update((ofKey.value() ?? 0) + 1)
      output.collect(`${key} ${window.start} ${ofWindow.value()} ${ofKey.value()}`)
    }) as never
  },
}

describe('window functions with state', () => {
  it('have one per window, which ends with it, and one per key over all windows', async () => {
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'), { function: counting, trigger: Triggers.count(1), allowedLatenessMs: 5 })
    const harness = await createOperatorHarness(spec, keyed)
    for (const timestamp of [1, 2, 12]) harness.element({ key: 'a', value: 1 }, timestamp)
    harness.element({ key: 'b', value: 1 }, 3)
    expect(harness.records()).toEqual(['a 0 1 1', 'a 0 2 2', 'a 10 1 3', 'b 0 1 1'])
    harness.watermark(100)
    // what is left is the state of the two keys
    expect(harness.entryCount()).toBe(2)
    await harness.close()
  })

  it('survive the hostile harness', async () => {
    const spec = windowSpec(TumblingEventTimeWindows.of('10ms'), { function: counting, allowedLatenessMs: 8 })
    await fc.assert(fc.asyncProperty(streams, async (events) => void (await hostileRun(spec, events.filter(({ kind }) => kind === 'element'), keyed))), { numRuns: 20 })
    const output = await hostileRun(spec, [element('a', 1, 1), watermark(9), element('a', 2, 2), watermark(30)], keyed)
    expect(output.flatMap((event) => (event.kind === 'record' ? [event.value] : []))).toEqual(['a 0 1 1', 'a 0 2 2'])
  })

  it('open it before the first record only', async () => {
    const late: WindowFunctionSpec = { kind: 'process', open: (context) => (() => void context.globalState(valueState('late', long()))) as never }
    const harness = await createOperatorHarness(windowSpec(TumblingEventTimeWindows.of('10ms'), { function: late, trigger: Triggers.count(1) }), keyed)
    expect(() => harness.element({ key: 'a', value: 1 }, 1)).toThrow(expect.objectContaining({ code: 'CORE_STATE_AFTER_OPEN' }))
    await harness.close(true)
  })

  it('have none per window in sessions', async () => {
    const harness = createOperatorHarness(windowSpec(EventTimeSessionWindows.withGap('1s'), { function: counting }), keyed)
    await expect(harness).rejects.toMatchObject({ code: 'CORE_NOT_MERGEABLE', message: expect.stringContaining('globalState') })
  })
})
