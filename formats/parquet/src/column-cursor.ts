/** The values of one column of consecutive rows, which are decoded as they are asked for: a few at a time, they die young. */
export interface ColumnCursor {
  /** The next `count` values: null or undefined for null, INVALID for what does not fit the type. Of use until the next call. Throws PARQUET_FILE. */
  take(count: number): ArrayLike<unknown>
  /** Whether what was taken last is known to be without nulls and INVALIDs. */
  readonly sound: boolean
  /** Passes over the next `count` values. */
  skip(count: number): void
}

/** Of values that are decoded already. */
export function arrayCursor(values: ArrayLike<unknown>): ColumnCursor {
  let at = 0
  return {
    sound: false,
    take: (count) => Array.prototype.slice.call(values, at, (at += count)) as readonly unknown[],
    skip: (count) => void (at += count),
  }
}
