import { describe, expect, test } from 'vitest'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import { estimateBytes } from '../../../src/types/estimate-bytes.ts'
import { BufferDebloater } from '../../../src/runtime/network/buffer-debloater.ts'
import { FanOutChannel } from '../../../src/runtime/network/fan-out-channel.ts'
import { LocalChannel } from '../../../src/runtime/network/local-channel.ts'
import { RecordWriter } from '../../../src/runtime/network/record-writer.ts'

function drain(channel: LocalChannel): unknown[] {
  const elements: unknown[] = []
  for (let element = channel.poll(); element !== undefined; element = channel.poll()) elements.push(element.kind === 'records' ? element.values : element)
  return elements
}
const pair = (limitBytes = 1_000_000): [LocalChannel, LocalChannel] => [new LocalChannel(limitBytes), new LocalChannel(limitBytes)]

describe('RecordWriter', () => {
  test('sends each record to the channel selected, in batches', () => {
    const [even, odd] = pair()
    const writer = new RecordWriter([even, odd], (value) => (value as number) % 2, 1000)
    for (let value = 0; value < 5; value++) writer.collect(value, value * 10)
    expect(even.isEmpty).toBe(true)
    expect(writer.hasPending).toBe(true)
    writer.flush()
    expect(writer.hasPending).toBe(false)
    expect(even.poll()).toMatchObject({ kind: 'records', values: [0, 2, 4], timestamps: [0, 20, 40] })
    expect(drain(odd)).toEqual([[1, 3]])
  })
  test('broadcasts to all channels', () => {
    const channels = pair(100)
    const fanOut = new FanOutChannel(channels)
    const writer = new RecordWriter([fanOut], () => 0, 1000)
    let spaces = 0
    fanOut.onSpace = () => spaces++
    writer.collect('a', 0)
    writer.emitWatermark(1)
    writer.collect('x'.repeat(200), 0)
    writer.flush()
    expect([writer.isAvailable, writer.batchRows]).toEqual([false, 1024])
    const all = [['a'], { kind: 'watermark', timestamp: 1 }, ['x'.repeat(200)]]
    expect(drain(channels[0])).toEqual(all)
    expect(writer.isAvailable).toBe(false)
    expect(drain(channels[1])).toEqual(all)
    expect([writer.isAvailable, spaces]).toEqual([true, 2])
    Object.defineProperty(channels[1], 'batchRows', { value: 10 })
    expect(writer.batchRows).toBe(10)
  })
  test('control elements go everywhere, behind the records before them', () => {
    const channels = pair()
    const writer = new RecordWriter(channels, () => 0, 1000)
    const barrier = { checkpointId: 1, timestampMs: 0, savepoint: undefined, terminal: false, aligned: true }
    writer.collect('a', 0)
    writer.emitWatermark(5)
    writer.collect('b', 0)
    writer.emitBarrier(barrier)
    writer.emitStatus(true)
    writer.emitEndOfData(true)
    const control = [{ kind: 'watermark', timestamp: 5 }, { kind: 'barrier', barrier }, { kind: 'status', idle: true }, { kind: 'endOfData', drain: true }]
    expect(drain(channels[0])).toEqual([['a'], control[0], ['b'], ...control.slice(1)])
    expect(drain(channels[1])).toEqual(control)
  })
  test('hands a batch over when it is full, in rows or in bytes', () => {
    const [channel] = pair()
    const byRows = new RecordWriter([channel], () => 0, 1_000_000_000)
    for (let value = 0; value < 1500; value++) byRows.collect(value, 0)
    expect(drain(channel)).toEqual([Array.from({ length: 1024 }, (_, value) => value)])
    const byBytes = new RecordWriter([channel], () => 0, 5000)
    for (let value = 0; value < 10; value++) byBytes.collect('x'.repeat(1000), 0)
    expect(drain(channel).length).toBeGreaterThan(0)
  })
  test('gives a channel that asks for small batches no larger ones', () => {
    const [usual, other] = pair()
    const small = Object.defineProperty(other, 'batchRows', { value: 10 })
    const writer = new RecordWriter([usual, small], (value) => (value as number) % 2, 100_000)
    expect(writer.batchRows).toBe(10)
    for (let value = 0; value < 60; value++) writer.collect(value, 0)
    expect(usual.isEmpty).toBe(true)
    expect(drain(small).map((values) => (values as unknown[]).length)).toEqual([10, 10, 10])
    writer.collect(1, 0)
    writer.flush()
    // the same bytes as ever, however small the batch was to be
    expect(small.queuedBytes).toBe(estimateBytes(1))
    expect(new RecordWriter([usual], () => 0, 1000).batchRows).toBe(1024)
  })
  test('is not held back for ever by a channel that gets nothing, and whose size is not known', () => {
    const [used, unused] = pair()
    Object.defineProperty(unused, 'batchRows', { value: 8 })
    const writer = new RecordWriter([used, unused], () => 0, 100_000)
    const send = (): void => {
      writer.collect(1, 0)
      writer.flush()
    }
    for (let batch = 0; batch < 128; batch++) send()
    expect(writer.batchRows).toBe(8)
    send()
    expect(writer.batchRows).toBe(1024)
  })
  test('is not available while one of its channels is full, and says when there is room again', () => {
    const [full, other] = pair(100)
    const writer = new RecordWriter([full, other], () => 0, 10)
    let spaces = 0
    full.onSpace = () => spaces++
    writer.collect('x'.repeat(200), 0)
    expect(writer.isAvailable).toBe(false)
    full.poll()
    expect([writer.isAvailable, spaces, full.queuedBytes]).toEqual([true, 1, 0])
  })
})

test('a channel wakes its reader when it was empty, and only then', () => {
  const channel = new LocalChannel(100)
  let wakes = 0
  channel.onData = () => wakes++
  channel.push({ kind: 'watermark', timestamp: 1 })
  channel.push({ kind: 'watermark', timestamp: 2 })
  expect(wakes).toBe(1)
  expect(drain(channel).length).toBe(2)
  channel.push({ kind: 'watermark', timestamp: 3 })
  expect(wakes).toBe(2)
})

test('a channel that follows its consumer holds what is processed in the target time', async () => {
  const clock = createVirtualClock()
  const channel = new LocalChannel(200_000, { debloater: new BufferDebloater(100, 200_000), clock })
  expect([channel.limitBytes, channel.batchRows]).toEqual([1024, 8])
  let spaces = 0
  channel.onSpace = () => spaces++
  for (let step = 0; step < 60; step++) {
    while (channel.isAvailable) channel.push({ kind: 'records', values: [1, 2], timestamps: [0, 0], bytes: 1000 })
    channel.poll()
    await clock.advance(10)
  }
  expect(channel.limitBytes).toBeCloseTo(10_000, -3)
  expect(channel.batchRows).toBeCloseTo(10, -1)
  expect(spaces).toBeGreaterThan(10)
  while (channel.poll() !== undefined);
  expect(channel.isAvailable).toBe(true)
})

test('a slow consumer is given a few seconds of work at most, from the beginning', async () => {
  const clock = createVirtualClock()
  const recordMs = 100
  const channel = new LocalChannel(256 * 1024, { debloater: new BufferDebloater(1000, 256 * 1024), clock })
  const writer = new RecordWriter([channel], () => 0, 128 * 1024)
  let [sent, taken, mostWaiting] = [0, 0, 0]
  while (clock.now() < 60_000) {
    while (writer.isAvailable) for (let count = writer.batchRows; count > 0; count--, sent++) writer.collect({ id: sent, key: 'x'.repeat(10) }, 0)
    const batch = channel.poll()
    if (batch?.kind !== 'records') throw new Error('a full channel has records')
    mostWaiting = Math.max(mostWaiting, sent - taken)
    taken += batch.values.length
    await clock.advance(batch.values.length * recordMs)
  }
  expect(mostWaiting * recordMs).toBeLessThan(3500)
  expect(channel.estimatedTimeToConsumeMs).toBeGreaterThan(200)
  expect(channel.estimatedTimeToConsumeMs).toBeLessThan(2000)
})
