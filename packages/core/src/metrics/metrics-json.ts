import type { MetricSample } from '../spi/metric-reporter.ts'

/**
 * `{"metrics": [{"name", "type", "labels", "value"}, …]}`, one line. JSON knows no NaN and no infinities: such a value,
 * for example a watermark before the first record, is null.
 */
export function metricsJson(samples: readonly MetricSample[]): string {
  const metrics = samples.map(({ name, type, labels, value }) => ({ name, type, labels, value: Number.isFinite(value) ? value : null }))
  return `${JSON.stringify({ metrics })}\n`
}
