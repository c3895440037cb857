import { MillraceError } from '../errors.ts'
import { defineSource } from '../spi/define-source.ts'
import type { Source } from '../spi/source.ts'
import { long } from '../types/number-types.ts'

interface Range {
  readonly id: string
  readonly next: number
  /** Inclusive. */
  readonly last: number
}

/** Enough for any sensible parallelism to be busy until the end, few enough to hand out one by one. */
const MAX_RANGES = 64

/** The whole numbers from `from` to `to`, both included, split into ranges. Throws CORE_INVALID_SEQUENCE. */
export function sequenceSource(from: number, to: number): Source<number> {
  if (!Number.isSafeInteger(from) || !Number.isSafeInteger(to) || from > to || !Number.isSafeInteger(to - from + 1)) {
    throw new MillraceError('CORE_INVALID_SEQUENCE', `expected whole numbers from ≤ to within ±(2^53 − 1), found ${from} and ${to}`, { origin: 'user' })
  }
  return defineSource<number, Range>({
    name: 'sequence',
    bounded: true,
    description: { from, to },
    type: long(),
    discover: async () => rangesOf(from, to),
    createReader() {
      const ranges: { readonly id: string; next: number; readonly last: number }[] = []
      return {
        addSplits: (splits) => void ranges.push(...splits.map((split) => ({ ...split }))),
        snapshotSplits: () => ranges.map((range) => ({ ...range })),
        poll(output, maxRecords) {
          const range = ranges[0]
          if (range === undefined) return 'end'
          const split = output.forSplit(range.id)
          const end = Math.min(range.last, range.next + maxRecords - 1)
          while (range.next <= end) split.collect(range.next++)
          if (range.next <= range.last) return 'more'
          ranges.shift()
          output.releaseSplit(range.id)
          return ranges.length > 0 ? 'more' : 'end'
        },
        available: () => Promise.resolve(),
      }
    },
  })
}

function rangesOf(from: number, to: number): readonly Range[] {
  const total = to - from + 1
  const size = Math.ceil(total / Math.min(total, MAX_RANGES))
  return Array.from({ length: Math.ceil(total / size) }, (_, index) => {
    const next = from + index * size
    return { id: `range-${index}`, next, last: Math.min(to, next + size - 1) }
  })
}
