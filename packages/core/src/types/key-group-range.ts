/** The key groups from `start` to `end`, both included; `end < start` holds none. */
export interface KeyGroupRange {
  readonly start: number
  readonly end: number
}
