import type { FormatRange, SourceSplit } from '@millrace/core/spi'
import type { Compression } from '../compression.ts'

/**
 * A part of a file and how far it was read. Plain data, stored in checkpoints.
 * `id` is a number that grows for the life of the source, then the path: a file deleted and created anew gets another id.
 */
export interface FileSplit extends SourceSplit {
  readonly path: string
  /** Size in bytes and modification time when the file was discovered: it must still be that file when it is read. */
  readonly size: number
  readonly modifiedMs: number
  readonly compression: Compression
  /** In the format's units; null for the whole file. */
  readonly range: FormatRange | null
  /** A batch position of the format (in decompressed bytes for compressed files) to read from; null for the start of the range. */
  readonly position: number | null
  /** How many records from there were emitted already, good and bad counted alike. */
  readonly skip: number
}
