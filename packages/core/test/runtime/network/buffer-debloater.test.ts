import { describe, expect, test } from 'vitest'
import { BufferDebloater } from '../../../src/runtime/network/buffer-debloater.ts'

const MOST = 1_000_000

/** Consumes `bytes` at each of `times` moments, `everyMs` apart. */
function consume(debloater: BufferDebloater, fromMs: number, times: number, everyMs: number, bytes: number): number {
  let nowMs = fromMs
  for (let index = 0; index < times; index++) {
    debloater.consumed(bytes, nowMs)
    nowMs += everyMs
  }
  return nowMs
}

describe('buffer debloating', () => {
  test('lets as much through as is consumed in the target time', () => {
    const debloater = new BufferDebloater(1000, MOST)
    expect([debloater.limitBytes, debloater.bytesPerMs]).toEqual([1024, 0])
    expect(new BufferDebloater(1000, 1000).limitBytes).toBe(1000)
    consume(debloater, 0, 100, 50, 2000)
    expect(debloater.bytesPerMs).toBeCloseTo(40)
    expect(debloater.limitBytes).toBe(40_000)
  })

  test('begins small, and opens ten milliseconds after the first batch of a fast consumer', () => {
    const debloater = new BufferDebloater(1000, MOST)
    consume(debloater, 5000, 10, 1, 1000)
    expect(debloater.limitBytes).toBe(1024)
    debloater.consumed(1000, 5010)
    expect(debloater.limitBytes).toBe(MOST)
  })

  test('follows the rate down and up', () => {
    const debloater = new BufferDebloater(1000, MOST)
    let nowMs = consume(debloater, 0, 100, 50, 10_000)
    expect(debloater.limitBytes).toBe(200_000)
    nowMs = consume(debloater, nowMs, 100, 50, 9_000)
    expect(debloater.limitBytes).toBeGreaterThan(180_000)
    expect(debloater.limitBytes).toBeLessThan(185_000)
    nowMs = consume(debloater, nowMs, 500, 50, 1_000)
    expect(debloater.limitBytes).toBeLessThan(21_000)
    consume(debloater, nowMs, 500, 50, 100_000)
    expect(debloater.limitBytes).toBeGreaterThan(0.999 * MOST)
  })

  test('is told by few batches that a consumer has become slow, if they take long', () => {
    const debloater = new BufferDebloater(1000, MOST)
    const nowMs = consume(debloater, 0, 100, 50, 10_000_000)
    expect(debloater.limitBytes).toBe(MOST)
    // 1000 bytes take a second and a half; a weight for each sample would leave 600,000 after five of them
    consume(debloater, nowMs, 6, 1500, 1000)
    expect(debloater.limitBytes).toBeLessThan(0.06 * MOST)
  })

  test('counts no time in which there was nothing to consume', () => {
    const debloater = new BufferDebloater(1000, MOST)
    let nowMs = 0
    for (let index = 0; index < 100; index++) {
      nowMs = consume(debloater, nowMs, 2, 10, 1000)
      debloater.idle(nowMs)
      debloater.idle(nowMs + 500)
      nowMs += 980
    }
    expect(debloater.bytesPerMs).toBeCloseTo(100, 0)
  })

  test('never closes a channel, and says nothing without time passing', () => {
    const slow = new BufferDebloater(1000, MOST)
    consume(slow, 0, 50, 1000, 1)
    expect(slow.limitBytes).toBe(256)
    const small = new BufferDebloater(1000, 100)
    consume(small, 0, 50, 1000, 1)
    expect(small.limitBytes).toBe(100)
    const still = new BufferDebloater(1000, MOST)
    consume(still, 0, 50, 0, 1_000_000)
    expect([still.limitBytes, still.bytesPerMs]).toEqual([1024, 0])
  })
})
