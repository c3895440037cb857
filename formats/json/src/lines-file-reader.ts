import type { FileReaderFormat, FormatRange } from '@millrace/core/spi'
import { compilingOnce } from './compiled-lines.ts'
import { JsonLinesReader } from './json-lines-reader.ts'
import type { Decoding } from './line-decoder.ts'

/** Reads files of one JSON value a line. */
export function linesFileReader(decoding: Decoding, maxRecordBytes: number): Omit<FileReaderFormat<unknown>, 'name' | 'type'> {
  const compile = compilingOnce()
  return {
    wholeFileCompression: true,
    // Any cut will do: a reader looks for the first line break itself.
    planRanges: (input, { targetBytes }) => Promise.resolve(cutEvenly(input.bytes?.size ?? 0, targetBytes)),
    open: (input, options) => new JsonLinesReader(input, options, decoding, maxRecordBytes, compile),
  }
}

function cutEvenly(size: number, targetBytes: number): readonly FormatRange[] {
  const count = Math.max(1, Math.round(size / targetBytes))
  const cut = (i: number): number => Math.floor((size / count) * i)
  return Array.from({ length: count }, (_, i) => ({ start: cut(i), end: i === count - 1 ? size : cut(i + 1) }))
}
