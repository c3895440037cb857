import { defineSource, durationMs, MillraceError } from '@millrace/core/spi'
import type { AnyType, BadRecordPolicy, Duration, FileReaderFormat, Source } from '@millrace/core/spi'
import type { Compression } from '../compression.ts'
import { fileEnumerator } from './file-enumerator.ts'
import type { FileEnumeratorState } from './file-enumerator.ts'
import { fileReader } from './file-reader.ts'
import type { FileSplit } from './file-split.ts'
import { compressionUnsupported } from './plan-splits.ts'

export interface FileSourceOptions<T> {
  /**
   * A file, a directory (read with everything below it), a glob (`*`, `**`, `?`, `[a-z]`, `{a,b}`), or several of these.
   * Paths are URLs of a registered file system, or local.
   */
  readonly path: string | readonly string[]
  /** What reads the files: any format with a `fileReader`, such as `csv(Flight)`. */
  readonly format: { readonly fileReader: FileReaderFormat<T>; readonly type?: AnyType }
  /** Default: `fail`. */
  readonly onBadRecord?: BadRecordPolicy
  /** Larger files are read in parts of about this many bytes, by several subtasks, where the format can. Default: 64 MiB. */
  readonly splitBytes?: number
  /** Of the files as a whole. Default `auto`: by the extensions .gz .gzip .zst .br .deflate. Compressed files are not split. */
  readonly compression?: Compression | 'auto'
  /** Makes the source continuous: list again this often and read what is new, for ever. */
  readonly monitorEvery?: Duration
  /** Also read files and directories whose names begin with `.` or `_`. Default: only if the path spells that name out. */
  readonly includeHidden?: boolean
}

const DEFAULT_SPLIT_BYTES = 64 * 1024 * 1024

/**
 * Reads files of any format from any file system, in parallel, and resumes at the exact record.
 *
 * Files must not change once they are visible: a file that was modified, cut or deleted between discovery and the end of
 * its reading, or before a resume, fails the job with FILE_CHANGED. Without `monitorEvery` the files are listed once, and
 * a path that matches none fails with FILE_NOT_FOUND. With it, a file is read once: when it is modified later that is
 * logged and not read; when it was deleted and a file of that name appears again, that is a new file.
 */
export function fileSource<T>(options: FileSourceOptions<T>): Source<T> {
  const paths = typeof options.path === 'string' ? [options.path] : [...options.path]
  const { compression = 'auto', splitBytes = DEFAULT_SPLIT_BYTES, includeHidden = false, monitorEvery, onBadRecord } = options
  const format = options.format.fileReader
  if (paths.length === 0 || paths.includes('')) throw badOption('path', 'at least one path, none of them empty', JSON.stringify(options.path))
  if (!(splitBytes >= 1)) throw badOption('splitBytes', 'a number of bytes of at least 1', String(splitBytes))
  if (compression !== 'auto' && compression !== 'none' && !format.wholeFileCompression) throw compressionUnsupported(format.name, compression, paths.join(', '))
  const monitorEveryMs = monitorEvery === undefined ? undefined : durationMs(monitorEvery)
  if (monitorEveryMs === 0) throw badOption('monitorEvery', 'above zero', String(monitorEvery))
  const type = options.format.type ?? format.type
  const discovery = { paths, format, compression, splitBytes, includeHidden, monitorEveryMs }
  return defineSource<T, FileSplit, FileEnumeratorState>({
    name: 'file',
    bounded: monitorEveryMs === undefined,
    ...(type === undefined ? {} : { type }),
    ...(onBadRecord === undefined ? {} : { onBadRecord }),
    description: { path: paths.join(', '), format: format.name, compression, splitBytes, includeHidden, monitorEvery: monitorEvery ?? null },
    createEnumerator: (context, restored) => fileEnumerator(discovery, context, restored),
    createReader: (context) => fileReader(format, context),
  })
}

function badOption(option: string, expected: string, found: string): MillraceError {
  return new MillraceError('FILE_BAD_OPTION', `Expected ${option} of fileSource to be ${expected}, found ${found}`, { origin: 'user' })
}
