import type { Comparison } from './bench-line.ts'

/** A case that takes its own measurements, of start-up time or memory. */
export interface MeasureCase {
  readonly kind: 'measure'
  readonly name: string
  /** As in RateCase. */
  readonly provide?: () => Promise<() => Promise<void>>
  measure(): Promise<Comparison | readonly Comparison[]>
}
