import type { ExecutorId } from '../../runtime/protocol.ts'
import type { MetricSample } from '../../spi/metric-reporter.ts'

/** What the metrics of all workers read when they last reported. */
export interface GatheredMetrics {
  update(executor: ExecutorId, samples: readonly MetricSample[]): void
  /** Its successor counts from zero: what it had counted is kept. */
  lost(executor: ExecutorId): void
  collect(): readonly MetricSample[]
}

export function gatherMetrics(): GatheredMetrics {
  const latest = new Map<ExecutorId, readonly MetricSample[]>()
  const ended = new Map<string, MetricSample>()
  return {
    update: (executor, samples) => void latest.set(executor, samples),
    lost(executor) {
      for (const sample of latest.get(executor) ?? []) {
        if (sample.type !== 'counter') continue
        const name = identity(sample)
        ended.set(name, { ...sample, value: sample.value + (ended.get(name)?.value ?? 0) })
      }
      latest.delete(executor)
    },
    collect() {
      const alive = [...latest.values()].flat()
      if (ended.size === 0) return alive
      const left = new Map(ended)
      const summed = alive.map((sample) => {
        const name = identity(sample)
        const before = sample.type === 'counter' ? left.get(name) : undefined
        left.delete(name)
        return before === undefined ? sample : { ...sample, value: sample.value + before.value }
      })
      return [...summed, ...left.values()]
    },
  }
}

function identity({ name, labels }: MetricSample): string {
  return JSON.stringify([name, Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))])
}
