import { defineSink, durationMs, MillraceError } from '@millrace/core/spi'
import type { AnyType, Duration, FileWriterFormat, Sink } from '@millrace/core/spi'
import { COMPRESSED_EXTENSION } from './compressor.ts'
import type { FileSinkCompression } from './compressor.ts'
import { fileCommitter } from './file-committer.ts'
import type { FileCommittable } from './file-committer.ts'
import { FileSinkWriter } from './file-sink-writer.ts'
import type { FileSinkConfig, FileSinkWriterState } from './file-sink-writer.ts'

export interface FileSinkOptions<T> {
  /** The directory or prefix to write below: a URL of a registered file system, or a local path. */
  readonly path: string
  /** What writes the files: any format with a `fileWriter`, such as `jsonLines()`. */
  readonly format: { readonly fileWriter: FileWriterFormat<T>; readonly type?: AnyType }
  /** The directory below `path` for a record, such as `day=2001-01-01`. Default: none. */
  readonly partition?: (value: T) => string
  /** A file is finished when it has this many bytes. Default: 128 MiB. */
  readonly rollBytes?: number
  /** … when it is this old. Default: 1min. */
  readonly rollEvery?: Duration
  /** … or when it got no record for this long. Default: 1min. */
  readonly rollInactivity?: Duration
  /** How file names begin. Default: `part`. */
  readonly prefix?: string
  /** Compresses each file as a whole; row formats only. Default: `none`. */
  readonly compression?: FileSinkCompression
  /**
   * In-progress files per subtask, that is partitions written at a time; beyond it the oldest is finished. Each may queue as
   * much as the file system's write budget (4 MiB for local files) while the disk is slow. Default: 100.
   */
  readonly maxOpenFiles?: number
}

const DEFAULT_ROLL_BYTES = 128 * 1024 * 1024

/**
 * Writes records to files, each exactly once: files are invisible while in progress and get their final name,
 * `<prefix>-<subtask>-<attempt token>-<number><extension>`, when the checkpoint that contains their last record completes.
 *
 * Files roll by size, age and inactivity (the defaults are those of Flink's DefaultRollingPolicy; age and inactivity are
 * looked at after each batch and at each checkpoint), and at the end of the input. Row formats go on in the same file
 * across checkpoints and restarts; bulk formats (Parquet) and compressed files roll at every checkpoint.
 * Without records no file is written.
 *
 * A failed attempt removes the files it began after its last checkpoint. A killed process cannot: its invisible files stay
 * until somebody deletes them, which is safe when no checkpoint or savepoint older than they are will be restored.
 * Restoring a checkpoint older than output that is already published fails with FILE_CANNOT_RESUME instead of writing twice.
 */
export function fileSink<T>(options: FileSinkOptions<T>): Sink<T> {
  const config = toConfig(options)
  const { path, format, compression, prefix, rollBytes, rollEveryMs, rollInactivityMs, maxOpenFiles } = config
  const { type } = options.format
  return defineSink<T, FileCommittable, FileSinkWriterState>({
    name: 'file',
    ...(type === undefined ? {} : { type }),
    description: {
      path,
      format: format.name,
      compression,
      prefix,
      partitioned: config.partition !== undefined,
      rollBytes,
      rollEveryMs,
      rollInactivityMs,
      maxOpenFiles,
    },
    async createWriter(context, restored) {
      const writer = new FileSinkWriter(config, context)
      try {
        await writer.restore(restored)
      } catch (error) {
        await writer.close()
        throw error
      }
      return writer
    },
    createCommitter: (context) => fileCommitter(context.fileSystems),
  })
}

function toConfig<T>(options: FileSinkOptions<T>): FileSinkConfig<T> {
  const { prefix = 'part', compression = 'none', rollBytes = DEFAULT_ROLL_BYTES, rollEvery = '1min', rollInactivity = '1min', maxOpenFiles = 100 } = options
  const format = options.format.fileWriter
  if (options.path === '') throw badOption('path', 'a directory or prefix', "''")
  if (prefix.includes('/') || /^[._]|^$/.test(prefix)) throw badOption('prefix', 'the start of a visible file name', JSON.stringify(prefix))
  if (!(rollBytes >= 1)) throw badOption('rollBytes', 'a number of bytes of at least 1', String(rollBytes))
  if (!(Number.isInteger(maxOpenFiles) && maxOpenFiles >= 1)) throw badOption('maxOpenFiles', 'a whole number of at least 1', String(maxOpenFiles))
  if (compression !== 'none' && !format.appendable) {
    throw new MillraceError(
      'FILE_COMPRESSION_UNSUPPORTED',
      `${format.name} files cannot be compressed as a whole with ${compression}: use the compression inside the format, and leave compression of fileSink out`,
      { origin: 'user' },
    )
  }
  return {
    path: options.path.replace(/(?<=[^/:])\/+$/, ''),
    format,
    compression,
    extension: `${format.extension}${COMPRESSED_EXTENSION[compression]}`,
    prefix,
    partition: options.partition,
    rollBytes,
    rollEveryMs: durationMs(rollEvery),
    rollInactivityMs: durationMs(rollInactivity),
    maxOpenFiles,
  }
}

function badOption(option: string, expected: string, found: string): MillraceError {
  return new MillraceError('FILE_BAD_OPTION', `Expected ${option} of fileSink to be ${expected}, found ${found}`, { origin: 'user' })
}
