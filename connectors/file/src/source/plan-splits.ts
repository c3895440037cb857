import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, FileStatus, FileSystem, FormatRange } from '@millrace/core/spi'
import { compressionByExtension } from '../compression.ts'
import type { Compression } from '../compression.ts'
import { fileChanged } from './file-changed.ts'
import type { FileSplit } from './file-split.ts'
import { formatInput } from './format-input.ts'

export interface SplitPlanning {
  readonly format: FileReaderFormat<unknown>
  readonly compression: Compression | 'auto'
  readonly splitBytes: number
}

/**
 * Cuts a file into splits, without ids. Files that are compressed as a whole, or not larger than one split, stay in one
 * piece and are not opened. Throws FILE_COMPRESSION_UNSUPPORTED, FILE_CHANGED, and what the format throws.
 */
export async function planSplits(
  fileSystem: FileSystem,
  file: FileStatus,
  { format, compression: wanted, splitBytes }: SplitPlanning,
  signal: AbortSignal,
): Promise<readonly Omit<FileSplit, 'id'>[]> {
  const compression = wanted === 'auto' ? compressionByExtension(file.path) : wanted
  if (compression !== 'none' && !format.wholeFileCompression) throw compressionUnsupported(format.name, compression, file.path)
  const whole = { path: file.path, size: file.size, modifiedMs: file.modifiedMs, compression, range: null, position: null, skip: 0 }
  if (compression !== 'none' || format.planRanges === undefined || file.size <= splitBytes) return [whole]
  const ranges = await planRanges(fileSystem, file, format.planRanges.bind(format), splitBytes, signal)
  return ranges.map((range) => ({ ...whole, range }))
}

async function planRanges(
  fileSystem: FileSystem,
  file: FileStatus,
  plan: NonNullable<FileReaderFormat<unknown>['planRanges']>,
  targetBytes: number,
  signal: AbortSignal,
): Promise<readonly FormatRange[]> {
  const open = await fileSystem.open(file.path)
  try {
    if (open.size !== file.size) throw fileChanged(file, `expected ${file.size} bytes, found ${open.size}`)
    return await plan(formatInput(open, 'none'), { targetBytes, signal })
  } finally {
    await open.close()
  }
}

export function compressionUnsupported(format: string, compression: string, path: string): MillraceError {
  return new MillraceError(
    'FILE_COMPRESSION_UNSUPPORTED',
    `${path}: ${format} files cannot be compressed as a whole with ${compression}. Use the compression inside the format, or none`,
    { origin: 'user', at: { file: path } },
  )
}
