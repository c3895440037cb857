import type { WatermarkStateName } from '../runtime/time/watermark-states.ts'

/** Event time at one place of a job. */
export interface WatermarkPlace {
  /** Absent before the first. */
  readonly watermark?: number
  readonly state: WatermarkStateName
  /** Processing time at which it last went forward. */
  readonly sinceMs?: number
}

/** A split of a source; or all records of a subtask where watermarks are made further on. */
export interface SplitWatermarkStatus extends WatermarkPlace {
  readonly operator: string
  readonly uid: string
  readonly subtask: number
  /** Empty: records of no split. */
  readonly split: string
}

/** The slowest channel of an edge into one subtask. */
export interface EdgeWatermark extends WatermarkPlace {
  /** Id in the job graph. */
  readonly edge: number
  readonly from: string
  readonly to: string
  /** Of `to`. */
  readonly subtask: number
  /** Subtask of `from` that the channel comes from; absent when all have ended. */
  readonly heldBy?: number
}

export type WatermarkCause = SplitWatermarkStatus

export interface WatermarkStatus {
  /** What event time at the ends of the job waits for; empty when all input has ended. */
  readonly causes: readonly WatermarkCause[]
  readonly edges: readonly EdgeWatermark[]
  readonly splits: readonly SplitWatermarkStatus[]
}
