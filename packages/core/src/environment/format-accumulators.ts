import type { AccumulatorResult, AccumulatorResults } from '../functions/accumulator.ts'

/** A line for each, in the order of their names. */
export function formatAccumulators(results: AccumulatorResults): string {
  return Object.entries(results)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, result]) => `${name}: ${textOf(result)}\n`)
    .join('')
}

function textOf(result: AccumulatorResult): string {
  return result.kind === 'histogram' ? result.value.map(([value, count]) => `${value} × ${count}`).join(', ') : String(result.value)
}
