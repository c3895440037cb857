import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameReader } from '../../../src/client/cluster/frame-reader.ts'

function framed(content: Uint8Array): Buffer {
  const length = Buffer.alloc(4)
  length.writeInt32BE(content.length)
  return Buffer.concat([length, content])
}

/** As a socket does: into the space that is offered, never more than there is. */
function feed(reader: FrameReader, bytes: Buffer, sizes: readonly number[]): void {
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const space = reader.space()
    const count = Math.min(sizes[turn % sizes.length] ?? 1, space.length, bytes.length - at)
    bytes.copy(space, 0, at, at + count)
    reader.advance(count)
    at += count
  }
}

test('frames are cut where they end, however they come in', () => {
  const content = fc.oneof(fc.uint8Array({ minLength: 4, maxLength: 40 }), fc.uint8Array({ minLength: 20_000, maxLength: 40_000 }))
  fc.assert(
    fc.property(fc.array(content, { maxLength: 6 }), fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 30_000 })), { minLength: 1, maxLength: 5 }), (contents, sizes) => {
      const frames: Buffer[] = []
      feed(new FrameReader((frame) => frames.push(frame)), Buffer.concat(contents.map(framed)), sizes)
      expect(frames.map((frame) => new Uint8Array(frame))).toEqual(contents)
    }),
    { numRuns: 60 },
  )
})

test('the rest of a large frame is put where it stays', () => {
  const frames: Buffer[] = []
  const reader = new FrameReader((frame) => frames.push(frame))
  const bytes = framed(Buffer.alloc(100_000, 7))
  feed(reader, bytes.subarray(0, 1000), [1000])
  const space = reader.space()
  expect(space).toHaveLength(bytes.length - 1000)
  bytes.copy(space, 0, 1000)
  reader.advance(space.length)
  expect(frames[0]?.buffer).toBe(space.buffer)
})

test.for([-1, 3, 0x48545450])('a length of %i is none', (length) => {
  const bytes = Buffer.alloc(8)
  bytes.writeInt32BE(length)
  expect(() => feed(new FrameReader(() => {}), bytes, [8])).toThrow(expect.objectContaining({ code: 'KAFKA_PROTOCOL' }))
})
