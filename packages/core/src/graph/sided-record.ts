/** A record of one of two streams, on its way to the window that both share. */
export interface SidedRecord {
  readonly isRight: boolean
  /** Null in a record of the right. */
  readonly left: unknown
  /** Null in a record of the left. */
  readonly right: unknown
}
