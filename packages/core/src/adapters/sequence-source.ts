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

/** A range is what is left, divided by so many for each subtask. */
const PARTS_PER_SUBTASK = 2
/** What a job begins with may be restored at a higher parallelism. */
const LEAST_SUBTASKS = 4
/** The shortest range, as a part of all. */
const LEAST_PART = 512

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
    discover: async (_signal, parallelism) => rangesOf(from, to, parallelism),
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

/**
 * Guided self-scheduling (Polychronopoulos and Kuck, IEEE Transactions on Computers 1987): who is done early finds short
 * ranges left, so that all subtasks end together.
 */
function rangesOf(from: number, to: number, parallelism: number): readonly Range[] {
  const parts = PARTS_PER_SUBTASK * Math.max(parallelism, LEAST_SUBTASKS)
  const least = Math.ceil((to - from + 1) / LEAST_PART)
  const ranges: Range[] = []
  for (let next = from; next <= to; ) {
    const last = Math.min(to, next - 1 + Math.max(least, Math.ceil((to - next + 1) / parts)))
    ranges.push({ id: `range-${ranges.length}`, next, last })
    next = last + 1
  }
  return ranges
}
