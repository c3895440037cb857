import type { MetricSample } from '../spi/metric-reporter.ts'

/** Labels that a metric must have; see docs/metrics.md. */
export interface MetricFilter {
  /** Name of an operator or a task. */
  readonly operator?: string
  readonly uid?: string
  readonly subtask?: number
}

export function sumOf(samples: readonly MetricSample[], name: string, { operator, uid, subtask }: MetricFilter = {}): number {
  const fits = ({ labels }: MetricSample): boolean =>
    (operator === undefined || labels['operator'] === operator) && (uid === undefined || labels['uid'] === uid) && (subtask === undefined || labels['subtask'] === String(subtask))
  return samples.reduce((sum, sample) => (sample.name === name && fits(sample) ? sum + sample.value : sum), 0)
}
