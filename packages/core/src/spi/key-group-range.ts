/** A contiguous range of key groups, both ends inclusive; empty when end < start. */
export interface KeyGroupRange {
  readonly start: number
  readonly end: number
}
