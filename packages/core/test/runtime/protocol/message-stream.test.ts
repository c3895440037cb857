import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChannelMessage } from '../../../src/runtime/network/channel-message.ts'
import type { FromExecutor, ToExecutor } from '../../../src/runtime/protocol.ts'
import { encodeMessage, PROTOCOL_VERSION } from '../../../src/runtime/protocol/message-frame.ts'
import { BETWEEN_CHANNELS, type ExecutorMessage, FROM_EXECUTOR, MESSAGE_SHAPES, TO_EXECUTOR } from '../../../src/runtime/protocol/message-shapes.ts'
import { createMessageReader, createMessageWriter } from '../../../src/runtime/protocol/message-stream.ts'
import { GOLDEN_FILE, type GoldenFrames, goldenFrames, MESSAGES } from './golden-frames.ts'

const golden = JSON.parse(readFileSync(GOLDEN_FILE, 'utf8')) as GoldenFrames

function written(messages: readonly ExecutorMessage[]): Uint8Array[] {
  const frames: Uint8Array[] = []
  const write = createMessageWriter((frame) => frames.push(frame))
  for (const message of messages) write(message)
  return frames
}

function read(chunks: readonly Uint8Array[]): ExecutorMessage[] {
  const received: ExecutorMessage[] = []
  const reader = createMessageReader<ExecutorMessage>(MESSAGE_SHAPES, (message) => received.push(message))
  for (const chunk of chunks) {
    reader(chunk)
    // as a socket does with its buffer
    chunk.fill(0xee)
  }
  return received
}

/** A frame whose JSON is this, whatever it says. */
function frameOf(json: string, sequence = 1): Uint8Array {
  const frame = encodeMessage({ kind: 'failed', taskId: '', error: { name: 'x', message: '' } }, sequence)
  const text = Buffer.from(frame.subarray(20)).toString()
  const padded = json.padEnd(text.length)
  const longer = { kind: 'failed', taskId: ' '.repeat(padded.length - text.length), error: { name: 'x', message: '' } } as const
  const whole = encodeMessage(longer, sequence)
  whole.set(Buffer.from(padded), 20)
  return withChecksum(whole)
}

function withChecksum(frame: Uint8Array): Uint8Array {
  new DataView(frame.buffer).setUint32(12, crc(frame.subarray(16)), true)
  return frame
}

/** CRC-32 bit by bit, as IEEE 802.3 defines it. */
function crc(bytes: Uint8Array): number {
  let value = -1
  for (const byte of bytes) {
    value ^= byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0)
  }
  return ~value >>> 0
}

describe('executor protocol', () => {
  test('every kind of message comes back as it was sent', () => {
    expect(read(written(MESSAGES))).toEqual(MESSAGES)
    expect(new Set(MESSAGES.map(({ kind }) => kind))).toEqual(new Set(Object.keys(MESSAGE_SHAPES)))
  })

  test('frames may come in any pieces', () => {
    const bytes = Buffer.concat(written(MESSAGES))
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 30 }), (cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = ends.map((end, index) => new Uint8Array(bytes.subarray(ends[index - 1] ?? 0, end)))
        expect(read(chunks)).toEqual(MESSAGES)
      }),
      { numRuns: 100 },
    )
  })

  test('takes a message of many megabytes in small pieces', () => {
    const rows = new Uint8Array(3_000_000).fill(7)
    const [frame] = written([{ kind: 'channelRecords', channel: { edge: 0, producer: 0, consumer: 0 }, rows }])
    const bytes = frame as Uint8Array
    const chunks = Array.from({ length: Math.ceil(bytes.length / 65_536) }, (_, index) => bytes.slice(index * 65_536, (index + 1) * 65_536))
    expect(read(chunks)).toMatchObject([{ rows: { length: rows.length } }])
  })

  describe('is pinned', () => {
    test(`version ${PROTOCOL_VERSION} has the shapes and bytes of its golden file`, () => {
      expect(goldenFrames()).toEqual(golden)
    })
    test('golden frames are read', () => {
      expect(read(golden.frames.map(({ hex }) => new Uint8Array(Buffer.from(hex, 'hex'))))).toEqual(MESSAGES)
    })
    test('a changed shape would be noticed', () => {
      expect(goldenFrames({ ...MESSAGE_SHAPES, run: { attempt: 'number', extra: { optional: 'string' } } })).not.toEqual(golden)
    })
  })

  describe('refuses', () => {
    const [first, second] = written([{ kind: 'drain' }, { kind: 'drain' }]) as [Uint8Array, Uint8Array]
    const violation = (pattern: RegExp): unknown => expect.objectContaining({ code: 'CORE_PROTOCOL_VIOLATION', message: expect.stringMatching(pattern) as string })

    test('another version', () => {
      const frame = first.slice()
      frame[6] = 9
      expect(() => read([frame])).toThrow(expect.objectContaining({ code: 'CORE_PROTOCOL_VERSION', message: expect.stringContaining(`expected version ${PROTOCOL_VERSION}`) as string }))
    })
    test('frames out of order, repeated or lost', () => {
      expect(() => read([second.slice()])).toThrow(violation(/expected frame 1, found frame 2/))
      expect(() => read([first.slice(), first.slice()])).toThrow(violation(/expected frame 2, found frame 1/))
    })
    test('any flipped bit', () => {
      const frame = first.slice()
      for (let at = 4; at < frame.length; at++) {
        const damaged = frame.slice()
        damaged[at] = (damaged[at] as number) ^ 0x10
        expect(() => read([damaged])).toThrow(expect.objectContaining({ code: expect.stringMatching(/^CORE_PROTOCOL_/) as string }))
      }
    })
    test.each([
      ['what is no frame', Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n')), /frame 1 does not begin like one/],
      ['a kind it does not know', frameOf('{"kind":"dance"}'), /expected one of deploy, .* as kind, found the string "dance"/],
      ['a field that is missing', frameOf('{"kind":"run"}'), /expected a number as run\.attempt, found undefined/],
      ['a field of another type', frameOf('{"kind":"close","taskIds":["a",3],"failed":true}'), /expected a string as close\.taskIds\[1\], found the number 3/],
      ['a field it does not know', frameOf('{"kind":"run","attempt":1,"speed":2}'), /run has a field speed/],
      ['a value that is none of a choice', frameOf('{"kind":"log","level":"loud","message":"","fields":{},"errors":{}}'), /expected one of debug, info, warn, error as log\.level/],
      ['bytes that are not there', frameOf('{"kind":"channelRecords","channel":{"edge":0,"producer":0,"consumer":0},"rows":[0,5]}'), /offset and a length within 0 bytes/],
      ['what is no object', frameOf('[1]'), /as kind, found undefined/],
      ['what is no JSON', frameOf('{kind}'), /frame 1 holds no JSON/],
    ])('%s', (_name, frame, pattern) => {
      expect(() => read([frame])).toThrow(violation(pattern))
    })
    test('a message from the wrong side', () => {
      const receive = (): void => {
        throw new Error('must not be received')
      }
      expect(() => createMessageReader<FromExecutor>(FROM_EXECUTOR, receive)(first.slice())).toThrow(violation(/"drain" came from the wrong side/))
      expect(() => createMessageReader<ChannelMessage>(BETWEEN_CHANNELS, receive)(first.slice())).toThrow(violation(/wrong side/))
      expect(() => createMessageReader<ToExecutor>(TO_EXECUTOR, () => {})(first.slice())).not.toThrow()
    })
    test('to send what is no message', () => {
      const message = { kind: 'close', taskIds: 'a', failed: true } as unknown as ExecutorMessage
      expect(() => written([message])).toThrow(violation(/expected a list as close\.taskIds/))
    })
  })

  test('an error arrives although it is put together wrongly', () => {
    const error = { name: 'E', message: 'm', at: { line: '7' } } as unknown as { name: string; message: string }
    expect(read(written([{ kind: 'failed', taskId: 't', error }]))).toEqual([{ kind: 'failed', taskId: 't', error: { name: 'E', message: 'm' } }])
  })

  test('a log line arrives whatever its fields are', () => {
    const loop: Record<string, unknown> = {}
    loop['self'] = loop
    const fields = { big: 12n, loop, call: () => 1, nothing: undefined, when: new Date(0) }
    const [message] = read(written([{ kind: 'log', level: 'info', message: '', fields, errors: {} }]))
    expect(message).toMatchObject({ fields: { big: '12', loop: '[object Object]', nothing: 'undefined', when: '1970-01-01T00:00:00.000Z' } })
  })
})
