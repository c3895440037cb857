import type { Clock } from '../runtime/time/clock.ts'
import type { Logger } from '../spi/logger.ts'
import type { MetricReporter, MetricSample } from '../spi/metric-reporter.ts'

/** Calls each reporter at its interval, never twice at once. The function returned reports a last time and closes them. */
export function startReporters(reporters: readonly MetricReporter[], collect: () => readonly MetricSample[], clock: Clock, logger: Logger): () => Promise<void> {
  let stopped = false
  const cancels = new Map<MetricReporter, () => void>()
  const report = async (reporter: MetricReporter): Promise<void> => {
    try {
      await reporter.report(collect())
    } catch (error) {
      logger.warn({ reporter: reporter.name, error: String(error) }, 'reporting metrics failed')
    }
  }
  const arm = (reporter: MetricReporter): void => {
    if (stopped) return
    cancels.set(
      reporter,
      clock.schedule(reporter.intervalMs, () => void report(reporter).then(() => arm(reporter))),
    )
  }
  for (const reporter of reporters) arm(reporter)
  return async () => {
    stopped = true
    for (const cancel of cancels.values()) cancel()
    for (const reporter of reporters) {
      await report(reporter)
      await reporter.close?.()
    }
  }
}
