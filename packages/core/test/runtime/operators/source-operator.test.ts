import { describe, expect, it } from 'vitest'
import { WatermarkStrategy } from '../../../src/functions/watermark-strategy.ts'
import type { BadRecord, BadRecordPolicy } from '../../../src/spi/bad-record.ts'
import { defineSource } from '../../../src/spi/define-source.ts'
import type { PollResult } from '../../../src/spi/source-reader.ts'
import { open, scripted, split, type Split } from './source-fixture.ts'

const MAX = Number.MAX_SAFE_INTEGER
const bad = (reason: string): BadRecord => ({ raw: null, source: 'file.csv', partition: null, offset: 17, line: 3, field: 'delay', code: 'CSV_FIELD', reason })
const monotonous = WatermarkStrategy.forMonotonousTimestamps<number>((value) => value)

describe('source operator: records and timestamps', () => {
  it('assigns timestamps, keeps those of the source without a function, and refuses others than whole milliseconds', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, WatermarkStrategy.forMonotonousTimestamps<number>((value, fromSource) => value + fromSource))
    polls.push((output) => {
      output.collect(5, 100)
      return 'more'
    })
    expect(operator.pollBatch(10)).toBe('more')
    expect(harness.output).toEqual([{ kind: 'record', value: 5, timestamp: 105 }])
    polls.push((output) => output.collect(0.5, 1))
    expect(() => operator.pollBatch(10)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TIMESTAMP', origin: 'user', at: expect.objectContaining({ record: '0.5' }) }))
    await harness.close()
    const plain = await open(scripted().source, WatermarkStrategy.noWatermarks())
    const poll = scripted()
    poll.polls.push((output) => output.collect(1))
    const none = await open(poll.source, WatermarkStrategy.noWatermarks())
    none.operator.pollBatch(1)
    expect(none.harness.output).toEqual([{ kind: 'record', value: 1, timestamp: Number.MIN_SAFE_INTEGER }])
    await plain.harness.close()
    await none.harness.close()
  })

  it('refuses a poll that says nothing or promises to: the job would wait for data for ever', async () => {
    const withPoll = (poll: () => unknown) =>
      defineSource<number, Split>({
        name: 'own',
        bounded: false,
        discover: async () => [],
        createReader: () => ({ poll: poll as () => PollResult, available: async () => {}, addSplits() {}, snapshotSplits: () => [], close() {} }),
      })
    const { harness, operator } = await open(withPoll(() => undefined), monotonous)
    expect(() => operator.pollBatch(1)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_POLL_RESULT', origin: 'user', message: expect.stringContaining("(own) to return 'more', 'pending' or 'end', found undefined") }))
    await harness.close()
    const asynchronous = withPoll(async () => 'more')
    await expect(open(asynchronous, monotonous)).rejects.toMatchObject({ code: 'CORE_ASYNC_FUNCTION', message: expect.stringContaining('expected poll of operator') as string })
  })

  it('has no input, and passes notifications on', async () => {
    const { source, calls } = scripted()
    const { harness, operator } = await open(source, monotonous)
    expect(() => operator.processElement(1, 1)).toThrow(expect.objectContaining({ code: 'CORE_NO_INPUT' }))
    operator.noMoreSplits()
    await harness.complete(4)
    await harness.close()
    expect(calls).toEqual(['no more splits', 'complete 4', 'close'])
  })
})

describe('source operator: watermarks', () => {
  it('are the lowest of the splits, one less than the greatest timestamp less the bound, and never go back', async () => {
    const { source, polls } = scripted()
    const { harness, operator } = await open(source, WatermarkStrategy.forBoundedOutOfOrderness<number>('10ms', (value) => value))
    operator.addSplits([split('a'), split('b')])
    polls.push((output) => output.forSplit('a').collect(100))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(1)
    expect(harness.watermarks()).toEqual([])
    polls.push((output) => {
      output.forSplit('b').collect(50)
      output.forSplit('b').collect(40)
    })
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(2)
    expect(harness.watermarks()).toEqual([39])
    polls.push((output) => output.releaseSplit('b'))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(3)
    expect(harness.watermarks()).toEqual([39, 89])
    operator.addSplits([split('c')])
    polls.push((output) => output.forSplit('c').collect(60))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(4)
    expect(harness.watermarks()).toEqual([39, 89])
    operator.finishInput(true)
    operator.finishInput(true)
    expect(harness.watermarks()).toEqual([39, 89, MAX])
    await harness.close()
  })

  it('come at the end of every batch of a bounded source, and not on a stop without drain', async () => {
    const { source, polls } = scripted({ bounded: true })
    const { harness, operator } = await open(source, monotonous)
    operator.addSplits([split('a')])
    polls.push((output) => {
      output.collect(7)
      return 'end'
    })
    expect(operator.pollBatch(1)).toBe('end')
    operator.finishInput(false)
    expect(harness.watermarks()).toEqual([6])
    await harness.close()
  })

  it.each([true, false])('count for a split that is read whole in one batch and released, bounded: %s', async (bounded) => {
    const { source, polls } = scripted({ bounded })
    const { harness, operator } = await open(source, WatermarkStrategy.forMonotonousTimestamps<number>((value) => value))
    for (const [id, timestamp] of [['a', 10], ['b', 20]] as const) {
      operator.addSplits([split(id)])
      polls.push((output) => {
        output.forSplit(id).collect(timestamp)
        output.releaseSplit(id)
        return 'end'
      })
      operator.pollBatch(1000)
    }
    operator.addSplits([split('c')])
    polls.push((output) => {
      output.forSplit('c').collect(30)
      return 'end'
    })
    operator.pollBatch(1000)
    expect(harness.watermarks()).toEqual([9, 19, 29])
    await harness.close()
  })

  it('of a custom generator are emitted at once, after the record, per split', async () => {
    const { source, polls } = scripted()
    const punctuated = WatermarkStrategy.forGenerator<number>(() => ({ onEvent: (value, timestamp, output) => value % 2 === 0 && output.emitWatermark(timestamp), onPeriodicEmit: () => {} }), (value) => value)
    const { harness, operator } = await open(source, punctuated)
    polls.push((output) => [1, 2, 3].forEach((value) => output.collect(value)))
    operator.pollBatch(3)
    expect(harness.output.map((event) => (event.kind === 'record' ? event.value : `watermark ${'timestamp' in event ? event.timestamp : ''}`))).toEqual([1, 2, 'watermark 2', 3])
    await harness.close()
  })

  it('of the source itself count only under fromSource()', async () => {
    for (const [strategy, expected] of [[WatermarkStrategy.fromSource<number>(), [42]], [WatermarkStrategy.noWatermarks<number>(), []]] as const) {
      const { source, polls } = scripted()
      const { harness, operator } = await open(source, strategy)
      polls.push((output) => output.emitWatermark(42))
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(1)
      expect(harness.watermarks()).toEqual(expected)
      await harness.close()
    }
  })

  it('survive a restore with the splits: a slow split still holds, and nothing goes back', async () => {
    const first = scripted()
    const before = await open(first.source, monotonous)
    before.operator.addSplits([{ id: 'a', position: 3 }, split('b')])
    first.polls.push((output) => {
      output.forSplit('a').collect(100)
      output.forSplit('b').collect(20)
    })
    before.operator.pollBatch(2)
    before.operator.emitPeriodicWatermark(1)
    const restore = [await before.harness.snapshot()]
    await before.harness.close()

    const second = scripted()
    const { harness, operator } = await open(second.source, monotonous, { restore })
    expect(operator.restoredSplits()).toEqual([{ id: 'a', position: 3 }, split('b')])
    operator.emitPeriodicWatermark(1)
    second.polls.push((output) => output.forSplit('b').collect(10))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(2)
    expect(harness.watermarks()).toEqual([])
    second.polls.push((output) => output.forSplit('b').collect(200))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(3)
    expect(harness.watermarks()).toEqual([99])
    await harness.close()
  })

  it('a generator goes on from what it had seen, and a stateless one from what it had emitted', async () => {
    const punctuated = WatermarkStrategy.forGenerator<number>(() => ({ onEvent: (_value, timestamp, output) => output.emitWatermark(timestamp), onPeriodicEmit: () => {} }), (value) => value)
    for (const [strategy, expected] of [[monotonous, [29, 39]], [punctuated, [30, 40]]] as const) {
      const first = scripted()
      const before = await open(first.source, strategy)
      before.operator.addSplits([split('a'), split('b')])
      first.polls.push((output) => output.forSplit('a').collect(30))
      before.operator.pollBatch(1)
      const restore = [await before.harness.snapshot()]
      await before.harness.close()
      const second = scripted()
      const { harness, operator } = await open(second.source, strategy, { restore })
      second.polls.push((output) => output.forSplit('b').collect(strategy === monotonous ? 99 : 30))
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(1)
      expect(harness.watermarks()).toEqual(expected.slice(0, 1))
      second.polls.push((output) => {
        output.forSplit('a').collect(40)
        output.forSplit('b').collect(99)
      })
      operator.pollBatch(1)
      operator.emitPeriodicWatermark(2)
      expect(harness.watermarks()).toEqual(expected)
      await harness.close()
    }
  })

  it('splits go to other subtasks with their own progress', async () => {
    const first = scripted()
    const before = await open(first.source, monotonous)
    before.operator.addSplits([split('a'), split('b')])
    first.polls.push((output) => {
      output.forSplit('a').collect(100)
      output.forSplit('b').collect(20)
    })
    before.operator.pollBatch(2)
    before.operator.emitPeriodicWatermark(1)
    const restore = [await before.harness.snapshot()]
    await before.harness.close()
    const watermarks = []
    for (const subtaskIndex of [0, 1]) {
      const { harness, operator } = await open(scripted().source, monotonous, { restore, parallelism: 2, subtaskIndex })
      operator.emitPeriodicWatermark(1)
      watermarks.push([operator.restoredSplits().map(({ id }) => id), harness.watermarks()])
      await harness.close()
    }
    // 19 was emitted by both before: only what is beyond it is new
    expect(watermarks).toEqual([[['a'], [99]], [['b'], []]])
  })

  it('a reader that names no split has one watermark, kept over a restore', async () => {
    const first = scripted()
    const before = await open(first.source, monotonous)
    before.operator.addSplits([split('a')])
    first.polls.push((output) => output.collect(30))
    before.operator.pollBatch(1)
    before.operator.emitPeriodicWatermark(1)
    expect(before.harness.watermarks()).toEqual([29])
    const restore = [await before.harness.snapshot()]
    await before.harness.close()
    const second = scripted()
    const { harness, operator } = await open(second.source, monotonous, { restore })
    second.polls.push((output) => output.collect(5))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(1)
    second.polls.push((output) => output.collect(40))
    operator.pollBatch(1)
    operator.emitPeriodicWatermark(2)
    expect(harness.watermarks()).toEqual([39])
    await harness.close()
  })
})

describe('source operator: bad records', () => {
  const withPolicy = async (onBadRecord: BadRecordPolicy) => {
    const { source, polls } = scripted({ onBadRecord })
    return { polls, ...(await open(source, monotonous)) }
  }
  const deadLetter = { kind: 'sink', name: 'dead', createWriter: () => ({ write() {}, flush() {} }) } as const

  it('fail: ends the job with its own code and place', async () => {
    const { harness, operator, polls } = await withPolicy('fail')
    polls.push((output) => output.reject(bad('not a number')))
    expect(() => operator.pollBatch(1)).toThrow(
      expect.objectContaining({ code: 'CSV_FIELD', origin: 'external', at: expect.objectContaining({ file: 'file.csv', line: 3, offset: 17, field: 'delay' }), message: expect.stringContaining('line 3') }),
    )
    await harness.close(true)
  })

  it('skip: counts and logs, and good records go on', async () => {
    const { harness, operator, polls } = await withPolicy('skip')
    polls.push((output) => {
      output.reject(bad('a'))
      output.forSplit('s').reject(bad('b'))
      output.forSplit('s').collect(1)
    })
    operator.pollBatch(3)
    expect(harness.records()).toEqual([1])
    expect(harness.counter('numRecordsRejected')).toBe(2)
    expect(harness.warnings).toHaveLength(1)
    await harness.close()
  })

  it('deadLetter: hands them over whole, until the error ratio is exceeded', async () => {
    const { harness, operator, polls } = await withPolicy({ deadLetter, maxErrorRatio: 0.5 })
    polls.push((output) => {
      for (let n = 0; n < 49; n++) output.collect(n)
      for (let n = 0; n < 50; n++) output.reject(bad('x'))
    })
    operator.pollBatch(100)
    expect(harness.side('millrace.dead-letter')).toHaveLength(50)
    expect(harness.side('millrace.dead-letter')[0]).toEqual(bad('x'))
    polls.push((output) => output.reject(bad('last')))
    expect(() => operator.pollBatch(1)).toThrow(expect.objectContaining({ code: 'CORE_ERROR_RATIO', message: expect.stringContaining('last') }))
    await harness.close(true)
  })
})
