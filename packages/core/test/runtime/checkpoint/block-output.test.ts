import { describe, expect, test } from 'vitest'
import { BlockOutput } from '../../../src/runtime/checkpoint/block-output.ts'
import type { StateOutput } from '../../../src/spi/checkpoint-storage.ts'

const BLOCK = 64 * 1024

/** Keeps what it is given, by reference as an output may. */
function keeping(settled?: () => Promise<void> | undefined): StateOutput & { readonly pieces: Uint8Array[] } {
  const pieces: Uint8Array[] = []
  return {
    pieces,
    write: (bytes) => void pieces.push(bytes),
    ready: () => undefined,
    ...(settled && { settled }),
    close: () => Promise.resolve({ path: 'state', sizeBytes: 0 }),
    abort: () => Promise.resolve(),
  }
}

const filled = (length: number, value: number): Uint8Array => new Uint8Array(length).fill(value)

describe('BlockOutput', () => {
  test('gathers small pieces and divides large ones; what it was given may change afterwards', () => {
    const output = keeping()
    const blocks = new BlockOutput(output)
    const expected: Uint8Array[] = []
    for (let round = 1; round <= 100; round++) {
      const bytes = filled(round % 7 === 0 ? 3 * BLOCK + round : 1000 * round, round)
      expected.push(bytes.slice())
      blocks.write(bytes)
      bytes.fill(255)
    }
    blocks.flush()
    expect(Buffer.concat(output.pieces).equals(Buffer.concat(expected))).toBe(true)
    const lengths = output.pieces.slice(0, -1).map(({ length }) => length)
    expect(lengths.slice(0, 5)).toEqual([BLOCK, 2 * BLOCK, 4 * BLOCK, 8 * BLOCK, 16 * BLOCK])
    expect(new Set(lengths.slice(5))).toEqual(new Set([16 * BLOCK]))
    const count = output.pieces.length
    blocks.flush()
    expect(output.pieces).toHaveLength(count)
  })

  test('uses a block again when the output has settled, and not before', async () => {
    let settle = (): void => {}
    const output = keeping(() => new Promise((resolve) => (settle = resolve)))
    const blocks = new BlockOutput(output)
    blocks.write(filled(BLOCK, 1))
    blocks.write(filled(2 * BLOCK, 2))
    const [first, second] = output.pieces
    expect(second).toHaveLength(2 * BLOCK)
    expect(first?.buffer).not.toBe(second?.buffer)
    settle()
    await Promise.resolve()
    blocks.write(filled(2 * BLOCK, 3))
    expect(output.pieces).toHaveLength(3)
    expect(output.pieces[2]?.buffer).toBe(second?.buffer)
    expect(first?.every((byte) => byte === 1)).toBe(true)
  })

  test('never uses one again where the output does not say', () => {
    const output = keeping()
    const blocks = new BlockOutput(output)
    for (const [index, value] of [1, 2, 3].entries()) blocks.write(filled(2 ** index * BLOCK, value))
    expect(output.pieces.map((piece) => piece[0])).toEqual([1, 2, 3])
  })

  test('uses one again at once where nothing is ever kept', () => {
    const output = keeping(() => undefined)
    const blocks = new BlockOutput(output)
    for (let round = 1; round <= 3; round++) blocks.write(filled(BLOCK, round))
    expect(new Set(output.pieces.map(({ buffer }) => buffer)).size).toBe(1)
  })
})
