import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDataInput } from '../../src/types/byte-data-input.ts'
import { createDataOutput } from '../../src/types/byte-data-output.ts'
import type { DataInput } from '../../src/types/data-input.ts'
import type { DataOutput } from '../../src/types/data-output.ts'

function written(write: (output: DataOutput) => void): Uint8Array {
  const output = createDataOutput(1)
  write(output)
  return output.bytes()
}

function roundTrip<T>(value: T, write: (output: DataOutput) => void, read: (input: DataInput) => T): void {
  const bytes = written(write)
  const input = createDataInput(bytes)
  expect(read(input)).toEqual(value)
  expect(input.remaining).toBe(0)
  // cut anywhere, it must say so and never make something up
  for (let end = 0; end < bytes.length; end += Math.max(1, bytes.length >> 3)) {
    input.wrap(bytes, 0, end)
    expect(() => read(input)).toThrow(expect.objectContaining({ code: 'CORE_DATA_TRUNCATED' }))
  }
}

describe('DataOutput and DataInput', () => {
  const longs = fc.oneof(
    fc.maxSafeInteger(),
    fc.integer(),
    fc.constantFrom(0, -0, 63, 64, -64, -65, 2 ** 28, 2 ** 31, -(2 ** 31), 2 ** 34, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER),
  )
  const sized = fc.integer({ min: 0, max: 53 }).chain((bits) => fc.integer({ min: 0, max: 2 ** bits - 1 }))

  it('round-trips varints of every size', () => {
    fc.assert(
      fc.property(longs, (value) =>
        roundTrip(
          value + 0,
          (output) => output.writeVarLong(value),
          (input) => input.readVarLong(),
        ),
      ),
    )
    fc.assert(
      fc.property(sized, (value) =>
        roundTrip(
          value,
          (output) => output.writeVarUint(value),
          (input) => input.readVarUint(),
        ),
      ),
    )
  })

  it('writes varints as LEB128 and zig-zag', () => {
    expect([...written((output) => output.writeVarUint(300))]).toEqual([0xac, 0x02])
    expect([...written((output) => [0, -1, 1, -64, 64].forEach((value) => output.writeVarLong(value)))]).toEqual([0, 1, 2, 0x7f, 0x80, 1])
    fc.assert(
      fc.property(sized, (value) => {
        const expected: number[] = []
        let rest = BigInt(value)
        for (; rest > 127n; rest >>= 7n) expected.push(Number(rest & 127n) | 128)
        expect([...written((output) => output.writeVarUint(value))]).toEqual([...expected, Number(rest)])
      }),
    )
  })

  it('round-trips bigints in their shortest form', () => {
    fc.assert(
      fc.property(fc.bigInt(), (value) =>
        roundTrip(
          value,
          (output) => output.writeBigInt(value),
          (input) => input.readBigInt(),
        ),
      ),
    )
    const bytesOf = (value: bigint): number[] => [...written((output) => output.writeBigInt(value))]
    expect(bytesOf(0n)).toEqual([0])
    expect(bytesOf(-1n)).toEqual([1, 0xff])
    expect(bytesOf(127n)).toEqual([1, 0x7f])
    expect(bytesOf(128n)).toEqual([2, 0x80, 0])
    expect(bytesOf(-128n)).toEqual([1, 0x80])
    expect(bytesOf(2n ** 64n)).toHaveLength(10)
  })

  it('round-trips strings of every length and script, with the length of their UTF-8', () => {
    const strings = fc.oneof(
      fc.string(),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.string({ unit: 'binary', minLength: 100, maxLength: 300 }),
    )
    fc.assert(
      fc.property(strings, (value) => {
        roundTrip(
          value,
          (output) => output.writeString(value),
          (input) => input.readString(),
        )
        const utf8 = new TextEncoder().encode(value)
        expect(written((output) => output.writeString(value))).toEqual(written((output) => output.writeBytes(utf8)))
      }),
    )
    for (const length of [0, 1, 13, 14, 15, 19, 20, 21, 42, 43, 63, 64, 127, 128, 129, 5461, 5462, 16_384]) {
      for (const unit of ['x', 'é', '語'])
        roundTrip(
          unit.repeat(length),
          (output) => output.writeString(unit.repeat(length)),
          (input) => input.readString(),
        )
    }
  })

  it('replaces lone surrogates', () => {
    for (const padding of ['', 'p'.repeat(50)]) {
      const bytes = written((output) => output.writeString(`${padding}\ud800`))
      expect(createDataInput(bytes).readString()).toBe(`${padding}\ufffd`)
    }
  })

  it('round-trips fixed-size values, bytes and booleans', () => {
    fc.assert(
      fc.property(fc.integer(), fc.double(), fc.uint8Array(), fc.boolean(), (int, double, bytes, flag) => {
        roundTrip(
          int,
          (output) => output.writeInt32(int),
          (input) => input.readInt32(),
        )
        roundTrip(
          double,
          (output) => output.writeFloat64(double),
          (input) => input.readFloat64(),
        )
        roundTrip(
          bytes,
          (output) => output.writeBytes(bytes),
          (input) => input.readBytes(),
        )
        roundTrip(
          flag,
          (output) => output.writeBoolean(flag),
          (input) => input.readBoolean(),
        )
      }),
    )
  })

  it('writes parts of arrays, short and long', () => {
    const part = fc.uint8Array({ maxLength: 60 }).chain((bytes) => fc.tuple(fc.constant(bytes), fc.integer({ min: 0, max: bytes.length }), fc.integer({ min: 0, max: bytes.length })))
    fc.assert(
      fc.property(part, ([bytes, one, other]) => {
        const [start, end] = [Math.min(one, other), Math.max(one, other)]
        expect(written((output) => output.writeRaw(bytes, start, end))).toEqual(bytes.slice(start, end))
        expect(written((output) => output.writeRaw(bytes, start))).toEqual(bytes.slice(start))
      }),
    )
  })

  it('patches, resets and gives a view that copies nothing and bytes that are a copy', () => {
    const output = createDataOutput(4)
    output.writeInt32(0)
    output.writeRaw(new Uint8Array([9, 8]))
    output.setInt32(0, -2)
    const copy = output.bytes()
    const view = output.view()
    expect([...view]).toEqual([0xfe, 0xff, 0xff, 0xff, 9, 8])
    output.reset()
    expect(output.position).toBe(0)
    output.writeByte(1)
    expect(view[0]).toBe(1)
    expect(copy[0]).toBe(0xfe)
  })

  it('reads within start and end, skips, and hands out copies', () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5])
    const input = createDataInput()
    expect(input.remaining).toBe(0)
    input.wrap(bytes, 1, 4)
    expect([input.position, input.remaining]).toEqual([1, 3])
    input.skip(1)
    const raw = input.readRaw(2)
    bytes.fill(0)
    expect([...raw]).toEqual([3, 4])
    expect(() => input.readByte()).toThrow(expect.objectContaining({ code: 'CORE_DATA_TRUNCATED', origin: 'external', at: { offset: 4 } }))
  })

  it('reads from arrays that do not start their buffer', () => {
    const whole = new Uint8Array(64)
    const bytes = written((output) => {
      output.writeFloat64(1.5)
      output.writeString('é'.repeat(20))
    })
    whole.set(bytes, 7)
    const input = createDataInput(whole.subarray(7, 7 + bytes.length))
    expect(input.readFloat64()).toBe(1.5)
    expect(input.readString()).toBe('é'.repeat(20))
  })

  it('refuses varints beyond 53 bits', () => {
    for (const bytes of [new Uint8Array(12).fill(0xff), new Uint8Array([255, 255, 255, 255, 255, 255, 255, 127])]) {
      expect(() => createDataInput(bytes).readVarUint()).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
      expect(() => createDataInput(bytes).readVarLong()).toThrow(expect.objectContaining({ code: 'CORE_DATA_CORRUPT' }))
    }
  })
})
