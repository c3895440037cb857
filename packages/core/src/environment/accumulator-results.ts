import type { AccumulatorKind, AccumulatorResult, AccumulatorResults } from '../functions/accumulator.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'

interface Folded {
  readonly name: string
  readonly kind: AccumulatorKind
  value: number
  count: number
  readonly counts: Map<number, number>
}

/** What all subtasks have added up, from the gauges in which each of them shows its own part. */
export function accumulatorResults(samples: readonly MetricSample[]): AccumulatorResults {
  const counts = new Map<string, number>()
  for (const { name, labels, value } of samples) if (name.endsWith('.count')) counts.set(identity(name.slice(0, -'.count'.length), labels), value)
  const folded = new Map<string, Folded>()
  for (const { name, labels, value } of samples) {
    const accumulator = labels['accumulator']
    const kind = kindOf(name)
    if (accumulator === undefined || kind === undefined) continue
    const id = `${kind} ${accumulator}`
    const all = folded.get(id) ?? { name: accumulator, kind, value: 0, count: 0, counts: new Map() }
    folded.set(id, all)
    add(all, value, counts.get(identity(name, labels)) ?? 0, Number(labels['value']))
  }
  const results = new Map<string, AccumulatorResult>()
  const isShared = ({ name, kind }: Folded): boolean => [...folded.values()].some((other) => other.name === name && other.kind !== kind)
  for (const all of folded.values()) {
    const result = resultOf(all)
    if (result !== undefined) results.set(isShared(all) ? `${all.name} (${all.kind})` : all.name, result)
  }
  return Object.fromEntries(results)
}

/** `value` of a histogram: how often `bucket` was added. */
function add(all: Folded, value: number, count: number, bucket: number): void {
  if (all.kind === 'histogram') {
    all.counts.set(bucket, (all.counts.get(bucket) ?? 0) + value)
    return
  }
  if (count === 0) return
  if (all.kind === 'min' || all.kind === 'max') all.value = all.count === 0 ? value : Math[all.kind](all.value, value)
  else all.value += value
  all.count += count
}

function resultOf({ kind, value, count, counts }: Folded): AccumulatorResult | undefined {
  if (kind === 'histogram') return { kind, value: [...counts].toSorted(([a], [b]) => a - b) }
  if (kind === 'sum') return { kind, value }
  if (count === 0) return undefined
  return { kind, value: kind === 'average' ? value / count : value }
}

function kindOf(name: string): AccumulatorKind | undefined {
  const kind = name.startsWith('accumulator.') ? name.slice('accumulator.'.length) : ''
  return KINDS.find((each) => each === kind)
}

const KINDS: readonly AccumulatorKind[] = ['sum', 'min', 'max', 'average', 'histogram']

function identity(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, labels['uid'], labels['subtask'], labels['accumulator']])
}
