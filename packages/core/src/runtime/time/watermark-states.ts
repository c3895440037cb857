import { MIN_WATERMARK } from './timestamps.ts'

/**
 * What a watermark is doing, as the number that the metrics `watermark.state` and `watermark.inputState` give: its position
 * in this list.
 *
 * - `advancing`: it went forward within the last second.
 * - `idle`: it holds nobody back.
 * - `aligned`: it is ahead of its alignment group and paused.
 * - `backPressured`: there is no room for what would come.
 * - `noData`: nothing has come since it last went forward.
 * - `outOfOrder`: records came, none of them late enough to move it.
 * - `noWatermarks`: records came, and never a watermark.
 */
export const WATERMARK_STATES = ['advancing', 'idle', 'aligned', 'backPressured', 'noData', 'outOfOrder', 'noWatermarks'] as const

export type WatermarkStateName = (typeof WATERMARK_STATES)[number]

export interface WatermarkFacts {
  readonly watermark: number
  readonly idle: boolean
  readonly aligned: boolean
  readonly backPressured: boolean
  /** Records came since the watermark last went forward. */
  readonly records: boolean
  /** Processing time at which it last went forward. */
  readonly advancedMs: number
}

const ADVANCING_MS = 1_000

export function watermarkState(facts: WatermarkFacts, now: number): number {
  return WATERMARK_STATES.indexOf(nameOf(facts, now))
}

function nameOf({ watermark, idle, aligned, backPressured, records, advancedMs }: WatermarkFacts, now: number): WatermarkStateName {
  if (idle) return 'idle'
  if (aligned) return 'aligned'
  if (watermark !== MIN_WATERMARK && now - advancedMs < ADVANCING_MS) return 'advancing'
  if (backPressured) return 'backPressured'
  if (!records) return 'noData'
  return watermark === MIN_WATERMARK ? 'noWatermarks' : 'outOfOrder'
}
