import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RingConsumer, RingProducer, ringCapacity, ringMemoryBytes } from '../../../src/runtime/network/spsc-ring.ts'

const OFFSET = 64

/** Both sides of a ring whose positions begin at `position`, as if that many bytes had passed through. */
function ring(capacity: number, position = 0): { producer: RingProducer; consumer: RingConsumer } {
  const memory = new SharedArrayBuffer(OFFSET + ringMemoryBytes(capacity))
  const words = new Int32Array(memory, OFFSET, 32)
  words[0] = position
  words[16] = position
  return { producer: new RingProducer(memory, OFFSET, capacity), consumer: new RingConsumer(memory, OFFSET, capacity) }
}

function read(consumer: RingConsumer, most = Infinity): number[] {
  const count = Math.min(consumer.refresh(), most)
  const target = new Uint8Array(count)
  consumer.read(target, 0, count)
  return [...target]
}

describe('SPSC ring', () => {
  test('passes all bytes in order, whatever the sizes, also where positions wrap', () => {
    const steps = fc.array(fc.record({ write: fc.nat(40), read: fc.nat(40) }), { maxLength: 60 })
    const starts = fc.oneof(fc.constantFrom(0, -1, -5, 2 ** 31 - 3, -(2 ** 31)), fc.integer())
    fc.assert(
      fc.property(fc.constantFrom(1, 8, 32), starts, steps, (capacity, start, all) => {
        const { producer, consumer } = ring(capacity, start | 0)
        const sent: number[] = []
        const received: number[] = []
        let next = 0
        for (const step of all) {
          const bytes = Uint8Array.from({ length: step.write + 3 }, () => next++ & 0xff)
          const free = capacity - (sent.length - received.length)
          const written = producer.write(bytes, 2, step.write + 2)
          expect(written).toBe(Math.min(free, step.write))
          sent.push(...bytes.subarray(2, 2 + written))
          expect(producer.queuedBytes()).toBe(sent.length - received.length)
          received.push(...read(consumer, step.read))
          expect(producer.queuedSeenBytes).toBeGreaterThanOrEqual(sent.length - received.length)
        }
        received.push(...read(consumer))
        expect(received).toEqual(sent)
      }),
      { numRuns: 300 },
    )
  })

  test('shows the reader only what was there at the last refresh', () => {
    const { producer, consumer } = ring(16)
    producer.write(Uint8Array.of(1, 2), 0, 2)
    expect([consumer.seenBytes, consumer.refresh()]).toEqual([0, 2])
    producer.write(Uint8Array.of(3), 0, 1)
    expect(consumer.seenBytes).toBe(2)
    expect(read(consumer)).toEqual([1, 2, 3])
  })

  test('has a capacity that is a power of two, at most 1 GiB', () => {
    expect([1, 2, 3, 4096, 4097, 2 ** 40].map(ringCapacity)).toEqual([1, 2, 4, 4096, 8192, 2 ** 30])
  })
})
