import { describe, expect, it } from 'vitest'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import type { SourceReader } from '../../../src/spi/source-reader.ts'
import type { Source } from '../../../src/spi/source.ts'
import { open, scripted, split } from './source-fixture.ts'

const aligned = WatermarkStrategy.forMonotonousTimestamps<number>((value) => value).withWatermarkAlignment('g', '100ms', '1s')

/** The source with a reader that pauses single splits, and what it was told. */
function pausing(source: Source<number>) {
  const calls: string[] = []
  const createReader: Source<number>['createReader'] = (context) => {
    const reader: SourceReader<number> = source.createReader(context)
    return { ...reader, pauseOrResumeSplits: (pause, resume) => void calls.push(`pause ${pause.join()} resume ${resume.join()}`) }
  }
  return { source: { ...source, createReader }, calls }
}

describe('source operator: alignment', () => {
  it('stops after its first watermark until the group has spoken, and again when it is ahead', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, aligned)
    const reports: (number | null)[] = []
    operator.startAlignment((watermark) => void reports.push(watermark))
    operator.addSplits([split('a')])
    const next = (value: number) => polls.push((output) => (output.forSplit('a').collect(value), 'more'))
    next(1_000)
    next(1_050)
    expect(operator.pollBatch(1)).toBe('more')
    expect(operator.pollBatch(1)).toBe('pending')
    expect(reports).toEqual([999])
    let resumed = false
    void operator.available(new AbortController().signal).then(() => (resumed = true))
    operator.align(900)
    await Promise.resolve()
    expect(resumed).toBe(false)
    operator.align(1_030)
    await new Promise((resolve) => setImmediate(resolve))
    expect(resumed).toBe(true)
    expect(operator.pollBatch(1)).toBe('more')
    expect(harness.watermarks()).toEqual([999, 1_049])
    expect(operator.pollBatch(1)).toBe('pending')
    expect(reports).toEqual([999, 1_049])
    await harness.close()
  })

  it('reports after half of the drift, or after the interval', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, aligned)
    const reports: (number | null)[] = []
    operator.startAlignment((watermark) => void reports.push(watermark))
    operator.addSplits([split('a')])
    operator.align(1_000_000)
    for (const value of [1, 11, 21, 52, 53]) {
      polls.push((output) => (output.forSplit('a').collect(value), 'more'))
      operator.pollBatch(1)
    }
    expect(reports).toEqual([0, 51])
    harness.advanceTo(1_000)
    operator.emitPeriodicWatermark(1_000)
    expect(reports).toEqual([0, 51, 52])
    operator.finishInput(true)
    expect(reports).toEqual([0, 51, 52, null])
    await harness.close()
  })

  it('pauses single splits where the reader can, and all of it only when all are ahead', async () => {
    const script = scripted()
    const { source, calls } = pausing(script.source)
    const { harness, operator } = await open(source, aligned)
    operator.startAlignment(() => undefined)
    operator.addSplits([split('a'), split('b')])
    operator.align(500)
    script.polls.push((output) => {
      output.forSplit('a').collect(1_000)
      output.forSplit('b').collect(10)
      return 'more'
    })
    expect(operator.pollBatch(1)).toBe('more')
    expect(calls.splice(0)).toEqual(['pause a resume '])
    script.polls.push((output) => (output.forSplit('b').collect(900), 'more'))
    expect(operator.pollBatch(1)).toBe('more')
    expect(calls.splice(0)).toEqual(['pause b resume '])
    script.polls.push(() => expect.unreachable('a source that is paused as a whole is not polled'))
    expect(operator.pollBatch(1)).toBe('pending')
    operator.align(950)
    expect(calls.splice(0)).toEqual(['pause  resume b'])
    operator.align(2_000)
    expect(calls).toEqual(['pause  resume a'])
    await harness.close()
  })

  it('a paused split is never idle: nobody looks whether it has records', async () => {
    const script = scripted()
    const { source } = pausing(script.source)
    const { harness, operator } = await open(source, aligned.withIdleness('100ms'))
    const reports: (number | null)[] = []
    operator.startAlignment((watermark) => void reports.push(watermark))
    operator.addSplits([split('a'), split('b')])
    operator.align(500)
    script.polls.push((output) => {
      output.forSplit('a').collect(1_000)
      output.forSplit('b').collect(10)
      return 'pending'
    })
    for (const now of [0, 60, 120, 180, 240]) {
      harness.advanceTo(now)
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(now)
    }
    // b was caught up and silent: idle. a is the only one left, and active, so its watermark counts.
    expect(harness.output.filter((event) => event.kind === 'status')).toEqual([])
    expect(harness.watermarks()).toEqual([9, 999])
    await harness.close()
  })
})

it.each([
  ['no group', () => WatermarkStrategy.forMonotonousTimestamps().withWatermarkAlignment(' ', '1s')],
  ['no drift', () => WatermarkStrategy.forMonotonousTimestamps().withWatermarkAlignment('g', '0ms')],
  ['no interval', () => WatermarkStrategy.forMonotonousTimestamps().withWatermarkAlignment('g', '1s', '0s')],
  ['no watermarks', () => WatermarkStrategy.noWatermarks().withWatermarkAlignment('g', '1s')],
])('refuses an alignment with %s', (_name, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'CORE_INVALID_WATERMARKS' }))
})
