import { MillraceError } from '../errors.ts'
import type { Counter, MetricGroup } from '../spi/metric-group.ts'
import type { MetricSample } from '../spi/metric-reporter.ts'

/** Label names that only the engine sets; a user's `group(name, label)` may not use them. */
const ENGINE_LABELS: readonly string[] = ['job', 'operator', 'uid', 'subtask']
const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const METRIC_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/

/** The labels of a job's or an operator's metrics; `subtask` is the index as text. */
export interface MetricLabels {
  readonly job?: string
  readonly operator?: string
  readonly uid?: string
  readonly subtask?: string
}

/** Called once for every gauge whose `read` throws; it reads NaN from then on (a family: nothing) until it is registered anew. */
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
  /** Undefined: one number. Otherwise the label that tells the numbers of a family apart. */
  readonly label: string | undefined
  read: () => Iterable<readonly [string, number]>
}

export function createMetricRegistry(onGaugeError: GaugeErrorListener): MetricRegistry {
  const metrics = new Map<string, RegisteredCounter | RegisteredGauge>()

  function register<M extends RegisteredCounter | RegisteredGauge>(fresh: M): M {
    if (!METRIC_NAME.test(fresh.name)) {
      throw invalidMetric(`a metric name has letters, digits, '_', '-' and '.' and starts with a letter; found '${fresh.name}'`)
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
      gauge(name: string, ...source: [read: () => number] | [label: string, read: () => Iterable<readonly [string, number]>]) {
        const [label, read] = source.length === 1 ? [undefined, () => [['', source[0]()]] as const] : source
        if (label !== undefined) assertLabel(label)
        // A restarted attempt registers the same gauge again: what counts is the newest reader.
        register<RegisteredGauge>({ kind: 'gauge', name: prefix + name, labels, label, read }).read = read
      },
      group(name, label) {
        if (label === undefined) return groupOf(`${prefix}${name}.`, labels)
        assertLabel(name)
        return groupOf(prefix, { ...labels, [name]: label })
      },
    }
  }

  function read(gauge: RegisteredGauge): readonly (readonly [string, number])[] {
    try {
      return [...gauge.read()]
    } catch (error) {
      gauge.read = () => (gauge.label === undefined ? [['', Number.NaN]] : [])
      onGaugeError(gauge.name, gauge.labels, error)
      return [...gauge.read()]
    }
  }

  return {
    group: (labels) => groupOf('', { ...labels }),
    collect: () =>
      Array.from(metrics.values()).flatMap((metric): MetricSample[] => {
        const { name, kind: type, labels } = metric
        if (metric.kind === 'counter') return [{ name, type, labels, value: metric.counter.value }]
        const { label } = metric
        return read(metric).map(([labelValue, value]) => ({ name, type, labels: label === undefined ? labels : { ...labels, [label]: labelValue }, value }))
      }),
  }
}

function assertLabel(name: string): void {
  if (!ENGINE_LABELS.includes(name) && LABEL_NAME.test(name)) return
  throw invalidMetric(`expected a label name of letters, digits and '_' other than ${ENGINE_LABELS.join(', ')}; found '${name}'`)
}

function identity(name: string, labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([name, sorted])
}

function invalidMetric(message: string): MillraceError {
  return new MillraceError('CORE_INVALID_METRIC', message, { origin: 'user' })
}
