import { MillraceError } from '../errors.ts'
import type { Counter, MetricGroup } from '../spi/metric-group.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'

/** Label names that only the engine sets; a user's `group(name, label)` may not use them. */
const ENGINE_LABELS: readonly string[] = ['job', 'operator', 'uid', 'subtask']
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_.]*$/

/** The labels of a job's or an operator's metrics; `subtask` is the index as text. */
export interface MetricLabels {
  readonly job?: string
  readonly operator?: string
  readonly uid?: string
  readonly subtask?: string
}

/** Called once for every gauge whose `read` throws; the gauge reads NaN from then on until it is registered anew. */
export type GaugeErrorListener = (name: string, labels: Readonly<Record<string, string>>, error: unknown) => void

/** All metrics of one job in one process. */
export interface MetricRegistry {
  /** The group with exactly these labels: made on the first call, the same one afterwards. */
  group(labels: MetricLabels): MetricGroup
  /** Reads every counter and gauge now; in the order of registration. */
  collect(): MetricSample[]
}

interface RegisteredCounter {
  readonly kind: 'counter'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly counter: Counter
}

interface RegisteredGauge {
  readonly kind: 'gauge'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  read: () => number
}

export function createMetricRegistry(onGaugeError: GaugeErrorListener): MetricRegistry {
  const metrics = new Map<string, RegisteredCounter | RegisteredGauge>()

  function register<M extends RegisteredCounter | RegisteredGauge>(fresh: M): M {
    if (!METRIC_NAME.test(fresh.name)) {
      throw invalidMetric(`a metric name has letters, digits, '_' and '.' and starts with a letter; found '${fresh.name}'`)
    }
    const id = identity(fresh.name, fresh.labels)
    const found = metrics.get(id)
    if (found === undefined) {
      metrics.set(id, fresh)
      return fresh
    }
    if (found.kind === fresh.kind) return found as M
    throw invalidMetric(`'${fresh.name}' is already a ${found.kind} of this group and cannot become a ${fresh.kind}; choose another name`)
  }

  function groupOf(prefix: string, labels: Readonly<Record<string, string>>): MetricGroup {
    return {
      counter: (name) => register({ kind: 'counter', name: prefix + name, labels, counter: { value: 0 } }).counter,
      gauge(name, read) {
        // A restarted attempt registers the same gauge again: what counts is the newest reader.
        register<RegisteredGauge>({ kind: 'gauge', name: prefix + name, labels, read }).read = read
      },
      group(name, label) {
        if (label === undefined) return groupOf(`${prefix}${name}.`, labels)
        if (ENGINE_LABELS.includes(name) || !LABEL_NAME.test(name)) {
          throw invalidMetric(`expected a label name of letters, digits and '_' other than ${ENGINE_LABELS.join(', ')}; found '${name}'`)
        }
        return groupOf(prefix, { ...labels, [name]: label })
      },
    }
  }

  function read(gauge: RegisteredGauge): number {
    try {
      return gauge.read()
    } catch (error) {
      gauge.read = () => Number.NaN
      onGaugeError(gauge.name, gauge.labels, error)
      return Number.NaN
    }
  }

  return {
    group: (labels) => groupOf('', { ...labels }),
    collect: () =>
      Array.from(metrics.values(), (metric) => ({
        name: metric.name,
        type: metric.kind,
        labels: metric.labels,
        value: metric.kind === 'counter' ? metric.counter.value : read(metric),
      })),
  }
}

function identity(name: string, labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, sorted])
}

function invalidMetric(message: string): MillraceError {
  return new MillraceError('CORE_INVALID_METRIC', message, { origin: 'user' })
}
