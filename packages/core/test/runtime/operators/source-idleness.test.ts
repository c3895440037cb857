import { describe, expect, it } from 'vitest'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import { open, scripted, split } from './source-fixture.ts'

const monotonous = WatermarkStrategy.forMonotonousTimestamps<number>((value) => value)

describe('source operator: idleness', () => {
  const idling = monotonous.withIdleness('100ms')

  it('a split without records is left out after the timeout, and counts again from its next record', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, idling)
    operator.addSplits([split('a'), split('b')])
    const tick = (now: number) => {
      harness.advanceTo(now)
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(now)
    }
    for (const now of [0, 50, 99, 150]) {
      polls.push((output) => {
        output.forSplit('a').collect(1000 + now)
        return 'pending'
      })
      tick(now)
    }
    expect(harness.watermarks()).toEqual([1149])
    polls.push((output) => {
      output.forSplit('b').collect(500)
      return 'pending'
    })
    tick(160)
    polls.push((output) => {
      output.forSplit('a').collect(3000)
      output.forSplit('b').collect(2000)
    })
    tick(170)
    expect(harness.watermarks()).toEqual([1149, 1999])
    expect(harness.output.some((event) => event.kind === 'status')).toBe(false)
    await harness.close()
  })

  it('all idle makes the source idle; the next record makes it active before it is emitted', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, idling)
    operator.addSplits([split('a')])
    operator.pollBatch(1)
    for (const now of [50, 100]) operator.emitPeriodicWatermark(now)
    expect(harness.output).toEqual([{ kind: 'status', idle: true }])
    polls.push((output) => output.forSplit('a').collect(7))
    operator.pollBatch(1)
    expect(harness.output.slice(1)).toEqual([{ kind: 'status', idle: false }, { kind: 'record', value: 7, timestamp: 7 }])
    await harness.close()
  })

  it('the clock stands still while what is read from is out of reach: its records would come late', async () => {
    const { source } = scripted()
    let gone = false
    const { harness, operator } = await open({ ...source, createReader: (context) => ({ ...source.createReader(context), isUnreachable: () => gone }) }, idling)
    operator.addSplits([split('a')])
    operator.pollBatch(1)
    gone = true
    for (const now of [60, 120, 180]) operator.emitPeriodicWatermark(now)
    gone = false
    operator.emitPeriodicWatermark(240)
    expect(harness.output).toEqual([])
    operator.emitPeriodicWatermark(290)
    expect(harness.output).toEqual([{ kind: 'status', idle: true }])
    await harness.close()
  })

  it('the clock stands still while the output is full, and does not run while the reader has more', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, idling)
    let available = true
    ;(harness.context.output as { isAvailable: () => boolean }).isAvailable = () => available
    operator.addSplits([split('a')])
    operator.pollBatch(1)
    available = false
    for (const now of [60, 120, 180]) operator.emitPeriodicWatermark(now)
    available = true
    operator.emitPeriodicWatermark(240)
    expect(harness.output).toEqual([])
    operator.emitPeriodicWatermark(290)
    expect(harness.output).toEqual([{ kind: 'status', idle: true }])
    polls.push((output) => {
      output.forSplit('a').collect(1)
      return 'more'
    })
    harness.advanceTo(300)
    operator.pollBatch(1)
    polls.push(() => 'more')
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(900)
    expect(harness.output.filter((event) => event.kind === 'status')).toHaveLength(2)
    await harness.close()
  })

  it('a reader that said there is nothing more is not polled again, and its splits are idle in time', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, idling)
    operator.addSplits([split('a')])
    polls.push((output) => {
      output.forSplit('a').collect(7)
      return 'pending'
    })
    operator.pollBatch(1)
    for (const now of [10, 60, 109]) operator.emitPeriodicWatermark(now)
    expect(harness.output.filter((event) => event.kind === 'status')).toEqual([])
    operator.emitPeriodicWatermark(110)
    expect(harness.output.filter((event) => event.kind === 'status')).toEqual([{ kind: 'status', idle: true }])
    await harness.close()
  })

  it('markIdle starts the clock of one split while others have more to read', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, idling)
    operator.addSplits([split('a'), split('b')])
    for (const now of [0, 60, 120]) {
      harness.advanceTo(now)
      polls.push((output) => {
        output.forSplit('a').collect(1000 + now)
        output.forSplit('b').markIdle()
        return 'more'
      })
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(now)
    }
    expect(harness.watermarks()).toEqual([1119])
    await harness.close()
  })

  it('a split that is assigned to an idle source holds the watermark back before its first record', async () => {
    const { source } = scripted()
    const { harness, operator } = await open(source, idling)
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(100)
    operator.addSplits([split('a')])
    expect(harness.output).toEqual([{ kind: 'status', idle: true }, { kind: 'status', idle: false }])
    operator.pollBatch(1)
    for (const now of [150, 200]) operator.emitPeriodicWatermark(now)
    expect(harness.output).toHaveLength(3)
    await harness.close()
  })

  it('is off for bounded sources and for a subtask without splits only after the timeout', async () => {
    const bounded = await open(scripted({ bounded: true }).source, monotonous)
    bounded.operator.addSplits([split('a')])
    bounded.operator.pollBatch(1)
    bounded.operator.emitPeriodicWatermark(1e9)
    expect(bounded.harness.output).toEqual([])
    await bounded.harness.close()
    const continuous = await open(scripted().source, monotonous)
    continuous.operator.pollBatch(1)
    continuous.operator.emitPeriodicWatermark(59_999)
    expect(continuous.harness.output).toEqual([])
    continuous.operator.emitPeriodicWatermark(60_000)
    expect(continuous.harness.output).toEqual([{ kind: 'status', idle: true }])
    await continuous.harness.close()
  })
})
