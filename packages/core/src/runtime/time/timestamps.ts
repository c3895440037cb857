/** Timestamp of a record that has none. */
export const NO_TIMESTAMP: number = Number.MIN_SAFE_INTEGER
/** The watermark at the end of bounded input. */
export const MAX_WATERMARK: number = Number.MAX_SAFE_INTEGER
/** The watermark before the first one. */
export const MIN_WATERMARK: number = Number.MIN_SAFE_INTEGER
