/**
 * Where user functions and source readers put records.
 * `timestamp` is event time in epoch milliseconds; left out, a record keeps that of the one being processed.
 */
export interface Output<in T> {
  collect(value: T, timestamp?: number): void
}
