import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RunLengthDecoder } from '../src/run-length-decoder.ts'

type Run = { readonly packed: readonly number[] } | { readonly value: number; readonly count: number }

/** The encoding as the format describes it, bit by bit. */
function encode(runs: readonly Run[], width: number): Buffer {
  const bytes: number[] = []
  const varint = (value: number): void => {
    for (let rest = value; ; rest >>>= 7) {
      bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
      if (rest < 0x80) return
    }
  }
  for (const run of runs) {
    if ('count' in run) {
      varint(run.count << 1)
      for (let shift = 0; shift < width; shift += 8) bytes.push((run.value >>> shift) & 0xff)
      continue
    }
    varint(((run.packed.length / 8) << 1) | 1)
    let [buffer, bits] = [0n, 0n]
    for (const value of run.packed) {
      buffer |= BigInt(value >>> 0) << bits
      bits += BigInt(width)
    }
    for (; bits > 0n; bits -= 8n, buffer >>= 8n) bytes.push(Number(buffer & 0xffn))
  }
  return Buffer.from(bytes)
}

const encoded = fc.integer({ min: 1, max: 32 }).chain((width) => {
  const value = fc.integer({ min: 0, max: 2 ** width - 1 }).map((each) => each | 0)
  const packed = fc.integer({ min: 1, max: 5 }).chain((groups) => fc.array(value, { minLength: groups * 8, maxLength: groups * 8 })).map((values) => ({ packed: values }))
  const run = fc.record({ value, count: fc.integer({ min: 0, max: 40 }) })
  return fc.record({ width: fc.constant(width), runs: fc.array(fc.oneof(packed, run), { maxLength: 6 }) })
})

test('gives the values of all runs, however many are taken at a time', () => {
  fc.assert(
    fc.property(encoded, fc.integer({ min: 1, max: 30 }), fc.nat({ max: 9 }), ({ width, runs }, step, before) => {
      const expected = runs.flatMap((run) => ('count' in run ? Array.from({ length: run.count }, () => run.value) : run.packed))
      const bytes = Buffer.concat([Buffer.alloc(before, 0xff), encode(runs, width)])
      const decoder = new RunLengthDecoder(bytes, before, bytes.length, width)
      const found: number[] = []
      const into = new Int32Array(step)
      for (let left = expected.length; left > 0; left -= step) {
        decoder.take(into, Math.min(step, left))
        found.push(...into.subarray(0, Math.min(step, left)))
      }
      expect(found).toEqual(expected)
      expect(() => decoder.take(into, 1)).toThrow('found the end of the page')
    }),
    { numRuns: 300 },
  )
})

test('damaged bytes are refused, or give as many values as were asked for', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 32 }), fc.integer({ min: 1, max: 60 }), (bytes, width, count) => {
      const values = new Int32Array(count + 1).fill(-7)
      try {
        new RunLengthDecoder(bytes, 0, bytes.length, width).take(values, count)
      } catch (error) {
        expect(String(error)).toMatch(/found (the end of the page|more than 32 bits)/)
      }
      expect(values[count]).toBe(-7)
    }),
    { numRuns: 1000 },
  )
})
