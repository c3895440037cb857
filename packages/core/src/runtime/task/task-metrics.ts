import type { TaskTime } from '../../metrics/task-time.ts'
import type { MetricGroup } from '../../spi/metric-group.ts'

export interface TaskConditions {
  isBackPressured(): boolean
  isIdle(): boolean
}

/** What a subtask as a whole tells, under Flink's names. */
export function registerTaskMetrics(metrics: MetricGroup, time: TaskTime, conditions: TaskConditions): void {
  metrics.gauge('busyTimeMsPerSecond', () => time.ratios().busy * 1000)
  metrics.gauge('idleTimeMsPerSecond', () => time.ratios().idle * 1000)
  metrics.gauge('backPressuredTimeMsPerSecond', () => time.ratios().backPressured * 1000)
  metrics.gauge('isBackPressured', () => Number(conditions.isBackPressured()))
  metrics.gauge('isIdle', () => Number(conditions.isIdle()))
}
