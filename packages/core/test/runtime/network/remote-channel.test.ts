import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { MillraceError } from '../../../src/errors.ts'
import { createRemoteChannel, type RemoteInputChannel, type RemoteOutputChannel } from '../../../src/runtime/network/remote-channel.ts'
import { openRemoteInput } from '../../../src/runtime/network/remote-input-channel.ts'
import { openRemoteOutput } from '../../../src/runtime/network/remote-output-channel.ts'
import type { StreamElement } from '../../../src/runtime/network/stream-element.ts'
import type { Clock } from '../../../src/runtime/time/clock.ts'
import type { AnyType } from '../../../src/types/type-information.ts'
import * as types from '../../../src/types/types.ts'

/** Where the data ring begins: behind the header of the channel and that of the ring. */
const DATA_OFFSET = 192 + 128

class TestClock implements Clock {
  nowMs = 0
  now(): number {
    return this.nowMs
  }
  schedule(): () => void {
    throw new Error('a channel sets no timers')
  }
  immediate(): void {
    throw new Error('a channel schedules nothing')
  }
}

const open: { close(): void }[] = []
afterEach(() => open.splice(0).forEach((end) => end.close()))

interface Channel {
  readonly output: RemoteOutputChannel
  readonly input: RemoteInputChannel
  readonly memory: SharedArrayBuffer
  readonly clock: TestClock
}

/** Both ends in this thread: neither knows. */
function channel(limitBytes: number, type: AnyType | undefined = types.string(), targetLatencyMs?: number): Channel {
  const handle = createRemoteChannel({ edge: 3, producer: 1, consumer: 2 }, limitBytes)
  const clock = new TestClock()
  // a clone is what posting it to another thread gives
  const output = openRemoteOutput(structuredClone(handle), { type })
  const input = openRemoteInput(structuredClone(handle), { type, clock, targetLatencyMs })
  open.push(output, input)
  return { output, input, memory: handle.memory, clock }
}

const records = (...values: unknown[]): StreamElement => ({ kind: 'records', values, timestamps: values.map((_, index) => index), bytes: 1 })
const watermark = (timestamp: number): StreamElement => ({ kind: 'watermark', timestamp })
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** The rows and control elements in order, whatever the batches. */
function flat(elements: readonly StreamElement[]): unknown[] {
  return elements.flatMap((element): unknown[] => (element.kind === 'records' ? element.values : [element]))
}

function drain(input: RemoteInputChannel): StreamElement[] {
  const elements: StreamElement[] = []
  for (let element = input.poll(); element !== undefined; element = input.poll()) elements.push(element)
  return elements
}

const barrier = fc.record({ checkpointId: fc.maxSafeNat(), timestampMs: fc.nat(), savepoint: fc.option(fc.string({ maxLength: 6000 }), { nil: undefined }), terminal: fc.boolean(), aligned: fc.boolean(), incremental: fc.record({ since: fc.option(fc.nat(), { nil: undefined }) }) }, { requiredKeys: ['checkpointId', 'timestampMs', 'savepoint', 'terminal', 'aligned'], noNullPrototype: true })
const element: fc.Arbitrary<StreamElement> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.string({ maxLength: 60 }), { minLength: 1, maxLength: 40 }).map((values) => records(...values)) },
  { weight: 1, arbitrary: fc.nat(20_000).map((length) => records('x'.repeat(length))) },
  fc.double({ noNaN: true }).map(watermark),
  fc.boolean().map((idle): StreamElement => ({ kind: 'status', idle })),
  barrier.map((divides): StreamElement => ({ kind: 'barrier', barrier: divides })),
  fc.boolean().map((end): StreamElement => ({ kind: 'endOfData', drain: end })),
)

describe('channel between threads', () => {
  test.each([
    ['with a type', types.string()],
    ['without one', undefined],
  ])('keeps the order of all elements, %s', async (_name, type) => {
    const steps = fc.array(fc.record({ element, polls: fc.nat(3) }), { maxLength: 25 })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { output, input } = channel(4096, type)
        const received: StreamElement[] = []
        for (const step of all) {
          output.push(step.element)
          for (let index = 0; index < step.polls; index++) {
            const polled = input.poll()
            if (polled !== undefined) received.push(polled)
          }
        }
        for (let turns = 0; turns < 500 && received.length < all.length; turns++) {
          received.push(...drain(input))
          await turn()
        }
        expect(flat(received)).toEqual(flat(all.map((step) => step.element)))
        expect(received.filter(({ kind }) => kind === 'records')).toHaveLength(input.numBuffersIn.value)
        expect([output.queuedBytes, input.queuedBytes, output.numBytesOut, output.numBuffersOut]).toEqual([0, 0, input.numBytesIn, input.numBuffersIn])
        output.close()
        input.close()
      }),
      { numRuns: 60 },
    )
  })

  test('says whose it is, at both ends', () => {
    const { output, input } = channel(4096)
    expect([output.address, input.address]).toEqual([{ edge: 3, producer: 1, consumer: 2 }, { edge: 3, producer: 1, consumer: 2 }])
  })

  test('takes one batch more than its limit, and tells when half of it is free', async () => {
    const { output, input } = channel(4096)
    let spaces = 0
    output.onSpace = () => spaces++
    while (output.isAvailable) output.push(records('x'.repeat(1000)))
    expect(output.queuedBytes).toBeGreaterThanOrEqual(4096)
    expect(output.queuedBytes).toBeLessThan(4096 + 1100)
    input.poll()
    await turn()
    expect(spaces).toBe(0)
    input.poll()
    input.poll()
    await turn()
    expect(spaces).toBe(1)
    expect(output.isAvailable).toBe(true)
  })

  test('goes on with what found no room although nobody asks it again', async () => {
    const { output, input } = channel(4096)
    output.push(records('y'.repeat(20_000)))
    output.push({ kind: 'endOfData', drain: true })
    const received: StreamElement[] = []
    input.onData = () => received.push(...drain(input))
    received.push(...drain(input))
    for (let index = 0; index < 50 && received.length < 2; index++) await turn()
    expect(received.map(({ kind }) => kind)).toEqual(['records', 'endOfData'])
    expect(output.queuedBytes).toBe(0)
  })

  test('passes more control elements than their lane holds, between the records they were between', async () => {
    const { output, input } = channel(4096)
    const sent: StreamElement[] = []
    for (let index = 0; index < 400; index++) sent.push(watermark(index), ...(index % 10 === 0 ? [records(`r${index}`)] : []))
    for (const each of sent) output.push(each)
    expect(output.isAvailable).toBe(false)
    const received = drain(input)
    for (let index = 0; index < 100 && received.length < sent.length; index++) {
      await turn()
      received.push(...drain(input))
    }
    expect(flat(received)).toEqual(flat(sent))
  })

  test('wakes its reader once it was found empty, and only then', async () => {
    const { output, input } = channel(4096)
    let wakes = 0
    input.onData = () => wakes++
    expect(input.poll()).toBeUndefined()
    await turn()
    expect(wakes).toBe(0)
    output.push(records('a'))
    output.push(watermark(1))
    await turn()
    expect(wakes).toBe(1)
    expect(drain(input)).toHaveLength(2)
    output.push(watermark(2))
    await turn()
    expect(wakes).toBe(2)
  })

  test('calls nobody when it is closed', async () => {
    const { output, input } = channel(4096)
    let calls = 0
    input.onData = () => calls++
    output.onSpace = () => calls++
    input.poll()
    while (output.isAvailable) output.push(records('x'.repeat(1000)))
    await turn()
    calls = 0
    expect(output.isAvailable).toBe(false)
    output.close()
    input.close()
    drain(input)
    await turn()
    expect(calls).toBe(0)
  })

  test('lets less on its way when the consumer is slow', () => {
    const { output, input, clock } = channel(65_536, types.string(), 100)
    expect([input.limitBytes, output.batchRows]).toEqual([1024, 8])
    for (let index = 0; index < 60; index++) {
      output.push(records('x'.repeat(1000)))
      output.push(records('x'.repeat(1000)))
      input.poll()
      clock.nowMs += 10
    }
    expect(input.limitBytes).toBeGreaterThan(9_000)
    expect(input.limitBytes).toBeLessThan(11_000)
    expect(output.isAvailable).toBe(false)
    // frames of one row of a thousand bytes: half of the limit is about five
    expect([4, 5]).toContain(output.batchRows)
    expect(input.estimatedTimeToConsumeMs).toBeCloseTo(input.queuedBytes / (input.limitBytes / 100), 0)
  })

  test('a damaged frame stops the reader with an error that can be tried again', () => {
    for (const offset of [0, 5, 16, 40]) {
      const { output, input, memory } = channel(4096)
      output.push(records('a'.repeat(100)))
      const byte = new Uint8Array(memory, DATA_OFFSET + offset, 1)
      byte[0] = (byte[0] as number) ^ 4
      const error = errorOf(() => input.poll())
      expect([error.code, error.origin, error.retryable]).toEqual(['CORE_FRAME_CORRUPT', 'engine', true])
    }
  })

  test('rows that cannot be read are an error that will not go away', () => {
    const handle = createRemoteChannel({ edge: 0, producer: 0, consumer: 0 }, 4096)
    const output = openRemoteOutput(handle, { type: types.string() })
    const input = openRemoteInput(handle, { type: types.double(), clock: new TestClock(), targetLatencyMs: undefined })
    output.push(records('a'))
    const error = errorOf(() => input.poll())
    expect([error.code, error.retryable]).toEqual(['CORE_FRAME_CORRUPT', false])
    expect((error.cause as MillraceError).code).toBe('CORE_DATA_TRUNCATED')
  })

  test('a record that does not fit the type leaves the channel as it was', () => {
    const { output, input } = channel(4096)
    output.push(records('a'))
    expect(errorOf(() => output.push(records('b', 5))).code).toBe('CORE_TYPE_MISMATCH')
    output.push(watermark(1))
    expect(flat(drain(input))).toEqual(['a', watermark(1)])
  })
})

function errorOf(action: () => unknown): MillraceError {
  try {
    action()
  } catch (error) {
    if (MillraceError.is(error)) return error
    throw error
  }
  throw new Error('no error was thrown')
}
