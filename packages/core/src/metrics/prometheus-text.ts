import type { MetricSample } from '../spi/metric-reporter.ts'

/** The media type of `prometheusText`. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/**
 * The samples in the Prometheus text exposition format 0.0.4. Every name gets the prefix `millrace_` and keeps Flink's
 * spelling otherwise (`millrace_numRecordsIn`); characters that the format forbids, such as the dots of user groups, become
 * `_`. Samples of one name form one block with one TYPE line; a name that is a counter here and a gauge there is `untyped`.
 */
export function prometheusText(samples: readonly MetricSample[]): string {
  const families = new Map<string, MetricSample[]>()
  for (const sample of samples) {
    const name = `millrace_${sample.name.replace(/[^A-Za-z0-9_:]/g, '_')}`
    const family = families.get(name)
    if (family === undefined) families.set(name, [sample])
    else family.push(sample)
  }
  let text = ''
  for (const [name, family] of families) {
    const type = family.every((sample) => sample.type === family[0]?.type) ? family[0]?.type : 'untyped'
    text += `# TYPE ${name} ${type}\n`
    for (const sample of family) text += `${name}${labelText(sample.labels)} ${numberText(sample.value)}\n`
  }
  return text
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
}

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  return value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value)
}
