import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChannelMessage } from '../../../src/runtime/network/channel-message.ts'
import { type LinkInputChannel, openLinkInput } from '../../../src/runtime/network/link-input-channel.ts'
import { type LinkOutputChannel, openLinkOutput } from '../../../src/runtime/network/link-output-channel.ts'
import type { StreamElement } from '../../../src/runtime/network/stream-element.ts'
import { BETWEEN_CHANNELS } from '../../../src/runtime/protocol/message-shapes.ts'
import { createMessageReader, createMessageWriter } from '../../../src/runtime/protocol/message-stream.ts'
import { createVirtualClock } from '../../../src/testing/virtual-clock.ts'
import * as types from '../../../src/types/types.ts'

const ADDRESS = { edge: 1, producer: 0, consumer: 2 }
const LIMIT = 2000

interface Link {
  readonly output: LinkOutputChannel
  readonly input: LinkInputChannel
  /** Delivers what was sent so far, both ways, in pieces of that many bytes. */
  deliver(pieceBytes?: number): void
  readonly sent: ChannelMessage['kind'][]
}

/** Two processes that share nothing but two streams of bytes. */
function link(limitBytes = LIMIT, targetLatencyMs?: number): Link & { readonly clock: ReturnType<typeof createVirtualClock> } {
  const clock = createVirtualClock()
  const [forth, back]: [Uint8Array[], Uint8Array[]] = [[], []]
  const sent: ChannelMessage['kind'][] = []
  const sender = (frames: Uint8Array[]): ((message: ChannelMessage) => void) => {
    const write = createMessageWriter<ChannelMessage>((frame) => frames.push(frame))
    return (message) => {
      sent.push(message.kind)
      write(message)
    }
  }
  const type = types.string()
  const output = openLinkOutput(ADDRESS, { type, send: sender(forth) })
  const input = openLinkInput(ADDRESS, { type, clock, targetLatencyMs, limitBytes, send: sender(back) })
  const toInput = createMessageReader<ChannelMessage>(BETWEEN_CHANNELS, (message) => {
    if (message.kind !== 'channelCredit') input.received(message)
  })
  const toOutput = createMessageReader<ChannelMessage>(BETWEEN_CHANNELS, (message) => {
    if (message.kind === 'channelCredit') output.granted(message.bytes)
  })
  const deliver = (pieceBytes = 1000): void => {
    for (const [frames, reader] of [[back, toOutput], [forth, toInput]] as const) {
      const bytes = Buffer.concat(frames.splice(0))
      for (let at = 0; at < bytes.length; at += pieceBytes) reader(bytes.subarray(at, at + pieceBytes))
    }
  }
  return { output, input, deliver, sent, clock }
}

const records = (...values: string[]): StreamElement => ({ kind: 'records', values, timestamps: values.map((_, index) => index), bytes: 0 })
const watermark = (timestamp: number): StreamElement => ({ kind: 'watermark', timestamp })

function flat(elements: readonly StreamElement[]): unknown[] {
  return elements.flatMap((element): unknown[] => (element.kind === 'records' ? element.values : [element]))
}

describe('channel over a link', () => {
  test('keeps the order of all elements over a stream of bytes in any pieces', () => {
    const element: fc.Arbitrary<StreamElement> = fc.oneof(
      { weight: 3, arbitrary: fc.array(fc.string({ maxLength: 300 }), { minLength: 1, maxLength: 10 }).map((values) => records(...values)) },
      fc.nat().map(watermark),
      fc.boolean().map((drain): StreamElement => ({ kind: 'endOfData', drain })),
    )
    fc.assert(
      fc.property(fc.array(fc.record({ element, polls: fc.nat(3), pieces: fc.integer({ min: 1, max: 500 }) }), { maxLength: 30 }), (steps) => {
        const { output, input, deliver } = link()
        const received: StreamElement[] = []
        const poll = (): void => {
          const polled = input.poll()
          if (polled !== undefined) received.push(polled)
        }
        for (const { element: each, polls, pieces } of steps) {
          output.push(each)
          deliver(pieces)
          for (let index = 0; index < polls; index++) poll()
        }
        for (let index = 0; index < 200 && received.length < steps.length; index++) {
          deliver()
          poll()
        }
        expect(flat(received)).toEqual(flat(steps.map((step) => step.element)))
        expect([output.queuedBytes, input.queuedBytes, output.numBytesOut]).toEqual([0, 0, input.numBytesIn])
      }),
      { numRuns: 60 },
    )
  })

  test('sends what it has credit for and one batch more, and goes on with the next', () => {
    const { output, input, deliver, sent } = link()
    let spaces = 0
    output.onSpace = () => spaces++
    expect(output.isAvailable).toBe(false)
    deliver()
    expect([output.isAvailable, spaces]).toEqual([true, 1])
    for (let index = 0; index < 6; index++) output.push(records('x'.repeat(900)))
    expect(output.isAvailable).toBe(false)
    expect(sent.filter((kind) => kind === 'channelRecords')).toHaveLength(3)
    expect(output.queuedBytes).toBeGreaterThan(2700)
    deliver()
    expect(input.queuedBytes).toBeLessThan(LIMIT + 1000)
    input.poll()
    deliver()
    expect(sent.filter((kind) => kind === 'channelCredit')).toHaveLength(1)
    for (let index = 0; index < 20; index++) {
      input.poll()
      deliver()
    }
    expect([output.queuedBytes, output.isAvailable, spaces]).toEqual([0, true, 2])
  })

  test('lets control elements overtake records that wait, and still delivers them in their place', () => {
    const { output, input, deliver } = link()
    output.push(records('a'))
    output.push(watermark(1))
    output.push(records('b'))
    expect(output.queuedBytes).toBeGreaterThan(0)
    const received: unknown[] = []
    for (let index = 0; index < 6; index++) {
      deliver()
      const element = input.poll()
      if (element !== undefined) received.push(...flat([element]))
    }
    expect(received).toEqual(['a', watermark(1), 'b'])
  })

  test('wakes its reader once it was found empty, unless it is closed', () => {
    const { output, input, deliver } = link()
    let wakes = 0
    input.onData = () => wakes++
    deliver()
    output.push(watermark(1))
    deliver()
    expect(wakes).toBe(0)
    input.poll()
    input.poll()
    output.push(watermark(2))
    output.push(watermark(3))
    deliver()
    expect(wakes).toBe(1)
    while (input.poll() !== undefined);
    input.close()
    output.push(watermark(4))
    deliver()
    expect(wakes).toBe(1)
  })

  test('gives less credit when the consumer is slow', async () => {
    const { output, input, deliver, clock } = link(50_000, 100)
    deliver()
    expect(output.batchRows).toBe(8)
    for (let index = 0; index < 100; index++) {
      if (output.isAvailable) output.push(records('x'.repeat(990)))
      if (output.isAvailable) output.push(records('x'.repeat(990)))
      deliver()
      input.poll()
      await clock.advance(10)
    }
    expect(input.limitBytes).toBeGreaterThan(9_000)
    expect(input.limitBytes).toBeLessThan(11_000)
    expect(output.queuedBytes).toBeLessThan(1_100)
    expect(input.queuedBytes).toBeLessThan(input.limitBytes + 1_100)
    expect(input.estimatedTimeToConsumeMs).toBeLessThan(115)
    // of a thousand bytes each, from grants of five to ten thousand
    expect([2, 3, 4, 5]).toContain(output.batchRows)
  })

  test('rows that cannot be read, and control elements out of place, are errors', () => {
    const { input } = link()
    input.received({ kind: 'channelRecords', channel: ADDRESS, rows: Uint8Array.of(1, 2, 3) })
    expect(() => input.poll()).toThrow(expect.objectContaining({ code: 'CORE_FRAME_CORRUPT', retryable: false }))
    input.received({ kind: 'channelControl', channel: ADDRESS, batchesBefore: 0, element: { kind: 'status', idle: true } })
    expect(() => input.poll()).toThrow(expect.objectContaining({ code: 'CORE_FRAME_CORRUPT', retryable: true }))
  })
})
