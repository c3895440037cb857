import { MillraceError } from '@millrace/core/spi'

export type ParquetCodec = 'uncompressed' | 'snappy' | 'gzip' | 'zstd'

/** How files are written; nothing here matters for reading. */
export interface ParquetWriteOptions {
  /** Of all pages. Default: `snappy`. */
  readonly codec?: ParquetCodec
  /** A row group is written when it has this many rows. It is held in memory until then. Default: 100 000. */
  readonly rowGroupRows?: number
  /** … or when its values take about this many bytes before they are encoded. Default: 64 MiB. */
  readonly rowGroupBytes?: number
  /** Bytes of a page before compression. Default: 1 MiB. */
  readonly pageBytes?: number
  /** Whether columns with repeating values get a dictionary: where it at least halves them. Default: true. */
  readonly dictionary?: boolean
  /** Minimum, maximum and null count of each row group and page, which readers skip data by. Default: true. */
  readonly statistics?: boolean
  /** Names of columns without fields of their own that get a bloom filter, for readers that look for single values. Default: none. */
  readonly bloomFilters?: readonly string[]
  /** Written into the footer. */
  readonly metadata?: Readonly<Record<string, string>>
}

export type ResolvedWriteOptions = Required<ParquetWriteOptions>

const CODECS: readonly ParquetCodec[] = ['uncompressed', 'snappy', 'gzip', 'zstd']

/** Throws PARQUET_OPTION. */
export function resolveWriteOptions(options: ParquetWriteOptions): ResolvedWriteOptions {
  const { codec = 'snappy', rowGroupRows = 100_000, rowGroupBytes = 64 * 1024 * 1024, pageBytes = 1024 * 1024 } = options
  const { dictionary = true, statistics = true, bloomFilters = [], metadata = {} } = options
  if (!CODECS.includes(codec)) throw badOption('codec', `one of ${CODECS.join(', ')}`, codec)
  for (const [name, value] of Object.entries({ rowGroupRows, rowGroupBytes, pageBytes })) {
    if (!(Number.isSafeInteger(value) && value >= 1)) throw badOption(name, 'a whole number of at least 1', value)
  }
  return { codec, rowGroupRows, rowGroupBytes, pageBytes, dictionary, statistics, bloomFilters, metadata }
}

export function badOption(option: string, expected: string, found: unknown): MillraceError {
  return new MillraceError('PARQUET_OPTION', `parquet: expected the option ${option} to be ${expected}, found ${JSON.stringify(found)}`, { origin: 'user' })
}
