import type { MetricGroup } from '../../spi/metric-group.ts'
import type { InputChannel } from '../network/input-channel.ts'
import type { ChannelTime } from '../network/status-watermark-valve.ts'
import { MAX_WATERMARK } from '../time/timestamps.ts'
import { watermarkState, WATERMARK_STATES } from '../time/watermark-states.ts'

/** What is known of the event time of one input channel besides its watermark. */
export interface ChannelProgress {
  /** Processing time at which its watermark last went forward. */
  advancedMs: number
  /** Records came since then. */
  records: boolean
}

interface Slowest {
  readonly channel: InputChannel
  readonly time: Readonly<ChannelTime>
  readonly progress: ChannelProgress
}

/**
 * Gauges by edge that say how far event time is on it, which subtask before it holds it back, since when, and why. Of
 * the channels of an edge the slowest active one counts; of idle ones none does.
 */
export function registerInputMetrics(
  metrics: MetricGroup,
  channels: readonly InputChannel[],
  times: readonly Readonly<ChannelTime>[],
  progress: readonly ChannelProgress[],
  now: () => number,
): void {
  const edges = [...new Set(channels.map(({ edge }) => edge))]
  const slowestOf = (edge: number): Slowest | undefined => {
    let slowest: Slowest | undefined
    for (const [index, channel] of channels.entries()) {
      const time = times[index] as Readonly<ChannelTime>
      if (channel.edge !== edge || time.finished) continue
      const isBehind = slowest === undefined || (slowest.time.idle && !time.idle) || (slowest.time.idle === time.idle && time.watermark < slowest.time.watermark)
      if (isBehind) slowest = { channel, time, progress: progress[index] as ChannelProgress }
    }
    return slowest
  }
  const gauge = (name: string, valueOf: (slowest: Slowest) => number, ended: number): void =>
    metrics.gauge(`watermark.${name}`, 'edge', () =>
      edges.map((edge) => {
        const slowest = slowestOf(edge)
        return [String(edge), slowest === undefined ? ended : valueOf(slowest)] as const
      }),
    )
  gauge('currentInputWatermark', ({ time }) => time.watermark, MAX_WATERMARK)
  gauge('inputHeldBy', ({ channel }) => channel.producer, Number.NaN)
  gauge('inputLastAdvanceTimestamp', (slowest) => slowest.progress.advancedMs, Number.NaN)
  const stateOf = ({ time: { watermark, idle }, progress: { records, advancedMs } }: Slowest): number =>
    watermarkState({ watermark, idle, aligned: false, backPressured: false, records, advancedMs }, now())
  gauge('inputState', stateOf, WATERMARK_STATES.indexOf('idle'))
}
