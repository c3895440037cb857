import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AbortedTransaction } from '../../../src/client/protocol/fetch.ts'
import { batchBytes, markerBytes, plain, readValues } from './batches.ts'

const [A, B] = [1n, 2n]

describe('records of aborted transactions', () => {
  test('are left out, those before and after of the same producer are not', () => {
    const log = Buffer.concat([
      batchBytes({ baseOffset: 0, producerId: A, records: [plain('committed')] }),
      markerBytes(1, A, 'commit'),
      batchBytes({ baseOffset: 2, producerId: A, records: [plain('aborted')] }),
      markerBytes(3, A, 'abort'),
      batchBytes({ baseOffset: 4, producerId: A, records: [plain('committed later')] }),
      markerBytes(5, A, 'commit'),
      batchBytes({ baseOffset: 6, records: [plain('without transaction')] }),
    ])
    const aborted = [{ producerId: A, firstOffset: 2 }]
    expect(readValues(log, { aborted })).toEqual(['0:committed', '4:committed later', '6:without transaction'])
    expect(readValues(log, { aborted, isolation: 'read_uncommitted' })).toHaveLength(4)
  })

  test('are left out although their keys look like the key of a marker', () => {
    const zeros = Buffer.alloc(4)
    const log = Buffer.concat([
      batchBytes({ baseOffset: 0, producerId: A, records: [plain('aborted', zeros), plain('aborted too')] }),
      batchBytes({ baseOffset: 2, producerId: A, records: [plain('and this')] }),
      markerBytes(3, A, 'abort'),
    ])
    expect(readValues(log, { aborted: [{ producerId: A, firstOffset: 0 }] })).toEqual([])
  })

  test('are left out when two were open before the first record, in whatever order the broker lists them', () => {
    const log = Buffer.concat([
      batchBytes({ baseOffset: 10, producerId: A, records: [plain('a')] }),
      batchBytes({ baseOffset: 11, producerId: B, records: [plain('b')] }),
      markerBytes(12, B, 'abort'),
      batchBytes({ baseOffset: 13, producerId: A, records: [plain('a')] }),
      markerBytes(14, A, 'abort'),
      batchBytes({ baseOffset: 15, producerId: B, records: [plain('committed')] }),
    ])
    const aborted = [
      { producerId: B, firstOffset: 7 },
      { producerId: A, firstOffset: 3 },
    ]
    expect(readValues(log, { startOffset: 10, aborted })).toEqual(['15:committed'])
    expect(readValues(log, { startOffset: 10, aborted: aborted.toReversed() })).toEqual(['15:committed'])
  })

  test('of interleaved producers are exactly those left out, in random logs', () => {
    const step = fc.record({ producer: fc.nat(3), what: fc.constantFrom('write', 'write', 'write', 'commit', 'abort') })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { log, aborted, expected } = playLog(steps)
        expect(readValues(log, { aborted })).toEqual(expected)
      }),
      { numRuns: 300 },
    )
  })
})

interface Step {
  readonly producer: number
  readonly what: string
}

/** What a broker would store and answer; transactions that are open at the end lie beyond the last stable offset. */
function playLog(steps: readonly Step[]): { readonly log: Buffer; readonly aborted: readonly AbortedTransaction[]; readonly expected: readonly string[] } {
  const open = new Map<number, number[]>()
  const aborted: AbortedTransaction[] = []
  const kept: number[] = []
  const batches = steps.flatMap(({ producer, what }, offset) => {
    const producerId = BigInt(producer)
    const written = open.get(producer)
    if (what === 'write') {
      open.set(producer, [...(written ?? []), offset])
      return [batchBytes({ baseOffset: offset, producerId, records: [plain(`p${producer}`)] })]
    }
    if (written === undefined) return []
    open.delete(producer)
    if (what === 'commit') kept.push(...written)
    else aborted.push({ producerId, firstOffset: written[0] ?? 0 })
    return [markerBytes(offset, producerId, what as 'commit' | 'abort')]
  })
  const lastStable = Math.min(steps.length, ...[...open.values()].map(([first]) => first ?? 0))
  const log = Buffer.concat(batches)
  const stable = batches.reduce((size, batch) => (Number(batch.readBigInt64BE(0)) < lastStable ? size + batch.length : size), 0)
  const expected = kept.filter((offset) => offset < lastStable).toSorted((a, b) => a - b)
  return { log: log.subarray(0, stable), aborted, expected: expected.map((offset) => `${offset}:p${steps[offset]?.producer}`) }
}
