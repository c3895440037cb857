import type { MetricGroup } from '../../spi/metric-group.ts'
import type { SplitWatermark } from './split-watermarks.ts'
import { watermarkState } from './watermark-states.ts'

/** What is shown of a split; of a source without any, one without an id stands for it. */
export type SplitProgress = Pick<SplitWatermark, 'id' | 'watermark' | 'idle' | 'paused' | 'records' | 'advancedMs'>

/** Splits that are shown: those that are furthest behind. */
const SHOWN = 100

/** Gauges by split that say how far event time is in each of them, since when, and what keeps it there. */
export function registerSplitMetrics(metrics: MetricGroup, splits: () => Iterable<SplitProgress>, now: () => number, isAvailable: () => boolean): void {
  const shown = (): readonly SplitProgress[] => {
    const all = [...splits()]
    return all.length <= SHOWN ? all : all.sort((a, b) => a.watermark - b.watermark).slice(0, SHOWN)
  }
  const gauge = (name: string, valueOf: (split: SplitProgress) => number): void =>
    metrics.gauge(`watermark.${name}`, 'split', () => shown().map((split) => [split.id, valueOf(split)] as const))
  gauge('currentWatermark', ({ watermark }) => watermark)
  gauge('lastAdvanceTimestamp', ({ advancedMs }) => advancedMs)
  gauge('state', ({ watermark, idle, paused, records, advancedMs }) =>
    watermarkState({ watermark, idle, aligned: paused, backPressured: !isAvailable(), records, advancedMs }, now()),
  )
}
