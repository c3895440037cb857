const EVENT: unique symbol = Symbol.for('millrace.testing.event')

/** A record with its event time. */
export interface Timed<out T> {
  readonly [EVENT]: 'record'
  readonly value: T
  readonly at: number
}

/** Anything else that a script can contain. */
export type Marker =
  | { readonly [EVENT]: 'watermark'; readonly watermark: number }
  | { readonly [EVENT]: 'processingTime'; readonly timeMs: number }
  | { readonly [EVENT]: 'idle' | 'checkpoint' | 'crash' | 'end' }

export type ScriptEvent<T> = Timed<T> | Marker

/** A record with timestamp `at`, in epoch ms. */
export function at<T>(timestamp: number, value: T): Timed<T> {
  return { [EVENT]: 'record', value, at: timestamp }
}

/** Nothing with a timestamp ≤ `t` follows. */
export function watermark(t: number): Marker {
  return { [EVENT]: 'watermark', watermark: t }
}

/** Waits until processing time is `timeMs` and all timers before then have fired. A timer fires when its millisecond is over. */
export function processingTime(timeMs: number): Marker {
  return { [EVENT]: 'processingTime', timeMs }
}

/**
 * The split is idle from here to its next record: it does not hold event time back. With it in the script, `processingTime`
 * makes the split idle too, as any wait does.
 */
export const idle: Marker = { [EVENT]: 'idle' }
/** Waits until a checkpoint that was taken at this place has completed. */
export const checkpoint: Marker = { [EVENT]: 'checkpoint' }
/** Fails the job the first time this place is reached; in later attempts nothing. */
export const crash: Marker = { [EVENT]: 'crash' }
/** The split ends here. Without it, it stays open until the job is stopped. */
export const end: Marker = { [EVENT]: 'end' }

export function isScriptEvent(value: unknown): value is ScriptEvent<unknown> {
  return typeof value === 'object' && value !== null && EVENT in value
}

/** Of an event; `value` for a plain value, which is a record without a timestamp. */
export function kindOf(event: unknown): Marker[typeof EVENT] | 'record' | 'value' {
  return isScriptEvent(event) ? event[EVENT] : 'value'
}
