import type { KeySelector } from './partitioning.ts'

/**
 * What a combiner sends to its window instead of elements: the accumulator of all elements of one key in one slice since
 * the last watermark or barrier. A tumbling window is one slice; sliding windows have slices of gcd(size, slide).
 */
export interface CombinedRow {
  readonly key: unknown
  /** Start of the slice, epoch ms. */
  readonly slice: number
  readonly accumulator: unknown
  /** Number of elements in the accumulator, so that late ones are counted one by one. */
  readonly count: number
}

/** The key of the shuffle and of the window that reads combined rows. */
export const COMBINED_KEY: KeySelector = { kind: 'field', field: 'key' }
