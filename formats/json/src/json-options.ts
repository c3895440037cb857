import { MillraceError } from '@millrace/core/spi'
import type { LargeIntegers } from './from-json.ts'

export interface JsonLinesOptions {
  /** Longer lines, or elements of a document, are bad records (JSON_RECORD_TOO_LONG). Default 8 MiB. */
  readonly maxRecordBytes?: number
  /**
   * What becomes of whole numbers beyond ±(2^53 − 1) where there is no type: `reject` (default), a bad record, or `bigint`.
   * They are never rounded. Where there is a type, `types.bigint()` holds them.
   */
  readonly largeIntegers?: LargeIntegers
}

export interface JsonSettings {
  readonly maxRecordBytes: number
  readonly largeIntegers: LargeIntegers
}

/** Throws JSON_OPTION. */
export function resolveOptions(name: string, { maxRecordBytes = 8 * 1024 * 1024, largeIntegers = 'reject' }: JsonLinesOptions): JsonSettings {
  if (!(Number.isSafeInteger(maxRecordBytes) && maxRecordBytes > 0)) {
    throw new MillraceError('JSON_OPTION', `${name} option maxRecordBytes: expected a positive whole number, found ${maxRecordBytes}`, { origin: 'user' })
  }
  return { maxRecordBytes, largeIntegers }
}
