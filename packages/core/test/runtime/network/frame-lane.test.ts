import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../../src/errors.ts'
import { FrameConsumer, FrameProducer } from '../../../src/runtime/network/frame-lane.ts'
import { RingConsumer, RingProducer, ringMemoryBytes } from '../../../src/runtime/network/spsc-ring.ts'

const HEADER_BYTES = 128

function lane(capacity: number): { producer: FrameProducer; consumer: FrameConsumer; memory: SharedArrayBuffer } {
  const memory = new SharedArrayBuffer(ringMemoryBytes(capacity))
  return { producer: new FrameProducer(new RingProducer(memory, 0, capacity), 64), consumer: new FrameConsumer(new RingConsumer(memory, 0, capacity), 64), memory }
}

function send(producer: FrameProducer, payload: Uint8Array, until = Infinity): number {
  producer.begin().writeRaw(payload)
  return producer.send(producer.sequence + 1, until)
}

function receive(consumer: FrameConsumer): Uint8Array | undefined {
  consumer.refresh()
  const length = consumer.next()
  return length === undefined ? undefined : consumer.bytes.slice(0, length)
}

describe('frame lane', () => {
  test('delivers frames of any size in order, larger ones than the ring too', () => {
    const steps = fc.array(fc.record({ frame: fc.uint8Array({ maxLength: 400 }), polls: fc.nat(4) }), { maxLength: 30 })
    fc.assert(
      fc.property(fc.constantFrom(1, 16, 64, 256), steps, (capacity, all) => {
        const { producer, consumer } = lane(capacity)
        const received: Uint8Array[] = []
        const poll = (): void => {
          producer.pump(Infinity)
          const payload = receive(consumer)
          if (payload !== undefined) received.push(payload)
        }
        for (const { frame, polls } of all) {
          send(producer, frame)
          for (let index = 0; index < polls; index++) poll()
        }
        for (let index = 0; index < 20_000 && received.length < all.length; index++) poll()
        expect(received).toEqual(all.map(({ frame }) => frame))
        expect([producer.waitingBytes, producer.waitingPosition]).toEqual([0, Infinity])
      }),
      { numRuns: 200 },
    )
  })

  test('holds a frame back until it may follow', () => {
    const { producer, consumer } = lane(256)
    send(producer, Uint8Array.of(1), 0)
    send(producer, Uint8Array.of(2), 0)
    expect(producer.waitingPosition).toBe(1)
    expect(producer.pump(0)).toBe(false)
    expect(receive(consumer)).toBeUndefined()
    expect(producer.pump(1)).toBe(true)
    expect(receive(consumer)).toEqual(Uint8Array.of(1))
    expect([producer.waitingPosition, receive(consumer)]).toEqual([2, undefined])
  })

  test('a flipped bit anywhere is an error, never another frame', () => {
    const payload = Uint8Array.from({ length: 20 }, (_, index) => index)
    for (let at = 0; at < 36; at++) {
      for (const bit of [1, 0x80]) {
        const { producer, consumer, memory } = lane(64)
        send(producer, payload)
        const bytes = new Uint8Array(memory, HEADER_BYTES)
        bytes[at] = (bytes[at] as number) ^ bit
        expect(codeOf(() => receive(consumer))).toBe('CORE_FRAME_CORRUPT')
      }
    }
  })

  test('a frame that is missing is noticed at the next', () => {
    const { producer, consumer } = lane(256)
    producer.sequence = 1
    send(producer, Uint8Array.of(1))
    expect(() => receive(consumer)).toThrow(/Frame 1 .*found frame 2 in its place/)
  })
})

function codeOf(action: () => unknown): string {
  try {
    action()
    return 'no error'
  } catch (error) {
    return MillraceError.is(error) ? error.code : String(error)
  }
}
