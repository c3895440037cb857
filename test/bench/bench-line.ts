/** One line of the report. `min` and `max` are the least and the greatest of our runs; `ours` and `theirs` are medians. */
export interface BenchLine {
  readonly bench: string
  readonly ours: number
  readonly unit: string
  readonly baseline: string
  readonly theirs: number
  /** ours ÷ theirs: higher is better for rates, lower for times and sizes. */
  readonly ratio: number
  readonly runs: number
  readonly min: number
  readonly max: number
}

/** What a line has to reach, for the summary; a bench never fails on it, since a busy machine would make it lie. */
export interface Target {
  readonly text: string
  met(line: BenchLine): boolean
}

/** A line with its target, if it has one. */
export interface Comparison {
  readonly line: BenchLine
  readonly target?: Target
}

export function atLeast(ratio: number): Target {
  return { text: `ratio ≥ ${ratio}`, met: (line) => line.ratio >= ratio }
}

/** The line for samples of ours and of a baseline, taken in turn. */
export function compare(bench: string, unit: string, baseline: string, ours: readonly number[], theirs: readonly number[]): BenchLine {
  const [our, their] = [median(ours), median(theirs)]
  const ratio = Number((our / their).toPrecision(3))
  return { bench, ours: round(our), unit, baseline, theirs: round(their), ratio, runs: ours.length, min: round(Math.min(...ours)), max: round(Math.max(...ours)) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle]
  if (upper === undefined) throw new RangeError('the median of no values')
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Number(value.toFixed(2))
}
