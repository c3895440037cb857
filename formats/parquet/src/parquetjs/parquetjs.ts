import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, TypeInformation } from '@millrace/core/spi'
import { badOption } from '../parquet-options.ts'
import { ParquetReader, rowFields } from '../parquet-reader.ts'
import type { TypedParquetFormat } from '../parquet.ts'
import { planRanges } from '../plan-ranges.ts'
import { openParquetjsColumns } from './parquetjs-columns.ts'
import { ParquetjsWriter, planColumn } from './parquetjs-writer.ts'
import type { ParquetjsWriteOptions } from './parquetjs-writer.ts'

const NAME = 'parquetjs'
const CODECS = ['uncompressed', 'snappy', 'gzip']

/**
 * Parquet through the package parquetjs-lite, for projects that must go through it; `parquet()` reads and writes more, many
 * times faster, and both read what the other writes. Flat columns and lists of values that are not null only.
 *
 * What parquetjs-lite would get wrong without a word is refused by name: integers beyond ±(2^53 − 1), which it rounds, and decimals
 * (PARQUET_UNSUPPORTED_TYPE, PARQUET_TYPE_MISMATCH when writing; PARQUET_PARQUETJS when reading), timestamps of 96 bits, times
 * before 1970, NaN. −0 becomes 0. The package is loaded when the first file is opened: PARQUET_NO_PARQUETJS without it.
 */
export function parquetjs<T extends object>(type: TypeInformation<T>, options: ParquetjsWriteOptions = {}): TypedParquetFormat<T> {
  const fields = rowFields(type)
  if (fields.length === 0) throw new MillraceError('PARQUET_UNSUPPORTED_TYPE', 'parquetjs(type): expected a row type with fields, found none', { origin: 'user' })
  const { codec = 'snappy', rowGroupRows = 10_000, metadata = {} } = options
  if (!CODECS.includes(codec)) throw badOption('codec', `one of ${CODECS.join(', ')}`, codec)
  if (!(Number.isSafeInteger(rowGroupRows) && rowGroupRows >= 1)) throw badOption('rowGroupRows', 'a whole number of at least 1', rowGroupRows)
  const columns = fields.map(planColumn)
  const fileReader: FileReaderFormat<unknown> = {
    name: NAME,
    type,
    wholeFileCompression: false,
    planRanges: (input, { targetBytes }) => planRanges(input, fields, [], targetBytes),
    open: (input, open) => new ParquetReader(input, open, fields, [], openParquetjsColumns),
  }
  return {
    name: NAME,
    type,
    // Rows are made after the type's schema, which the compiler cannot follow.
    fileReader: fileReader as FileReaderFormat<T>,
    fileWriter: { name: NAME, extension: '.parquet', appendable: false, open: (output) => new ParquetjsWriter(output, columns, { codec, rowGroupRows, metadata }) },
  }
}
