import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, FileWriterFormat, Format, TypeInformation } from '@millrace/core/spi'
import { openColumns } from './column-reader.ts'
import { badOption, resolveWriteOptions } from './parquet-options.ts'
import type { ParquetWriteOptions } from './parquet-options.ts'
import { ParquetReader, rowFields } from './parquet-reader.ts'
import type { RowField } from './parquet-reader.ts'
import { ParquetWriter } from './parquet-writer.ts'
import { planRanges } from './plan-ranges.ts'
import { compileFilter } from './row-filter.ts'
import type { ParquetFilter } from './row-filter.ts'
import { writtenColumn } from './written-column.ts'

export interface ParquetFormat<T> extends Format<T> {
  readonly fileReader: FileReaderFormat<T>
}

/** With a row type, files can be written too. */
export interface TypedParquetFormat<T> extends ParquetFormat<T> {
  readonly type: TypeInformation<T>
  readonly fileWriter: FileWriterFormat<T>
}

export interface ParquetOptions<T> extends ParquetWriteOptions {
  /**
   * Only rows that satisfy it are read: `{ delay: { gt: 60 }, origin: { in: ['TXL', 'SXF'] } }`. Row groups and pages that cannot
   * have one are skipped by their statistics, page indexes and bloom filters, and other columns are read only where rows are left.
   */
  readonly filter?: ParquetFilter<T>
}

/** A row of a file whose type was not named. */
export type ParquetRow = Readonly<Record<string, unknown>>

/**
 * Reads Parquet files, row group by row group; positions and ranges are row numbers. With a row type, writes them too.
 *
 * With a row type only its columns are read, and checked: 64-bit integers become numbers for `types.long()` if a number holds
 * them, else the row is a bad record (PARQUET_VALUE); so is a null in a column that is not nullable. Timestamps become epoch
 * milliseconds, digits beyond them cut off towards the past; `types.bigint()` takes them in the unit of the file.
 *
 * Without a type rows have all columns as the file types them: 64-bit integers as bigint, decimals as text, dates as days
 * since 1970-01-01, lists, maps and structs as they are.
 *
 * Written are 64-bit integers (`long`, `bigint`), timestamps in milliseconds, exact decimals, lists, maps and nested rows, row
 * group by row group; a file is of use only when it is finished.
 *
 * Errors: PARQUET_FILE for a damaged file, PARQUET_COLUMNS for a column that is missing or of another type,
 * PARQUET_UNSUPPORTED_TYPE for a type that is no row or that Parquet has not, PARQUET_TYPE_MISMATCH for a value to be written,
 * PARQUET_OPTION.
 */
export function parquet(): ParquetFormat<ParquetRow>
export function parquet<T extends object>(type: TypeInformation<T>, options?: ParquetOptions<T>): TypedParquetFormat<T>
export function parquet<T extends object>(type?: TypeInformation<T>, options: ParquetOptions<T> = {}): ParquetFormat<T> | TypedParquetFormat<T> {
  const fields = type === undefined ? undefined : rowFields(type)
  const filters = compileFilter(fields ?? [], options.filter ?? {})
  const fileReader: FileReaderFormat<unknown> = {
    name: NAME,
    ...(type === undefined ? {} : { type }),
    wholeFileCompression: false,
    planRanges: (input, { targetBytes }) => planRanges(input, fields, filters, targetBytes),
    open: (input, open) => new ParquetReader(input, open, fields, filters, openColumns),
  }
  // Rows are made after the type's schema, which the compiler cannot follow.
  const format = { name: NAME, fileReader: fileReader as FileReaderFormat<T> }
  return type === undefined || fields === undefined ? format : { ...format, type, fileWriter: fileWriter(fields, options) }
}

const NAME = 'parquet'

function fileWriter(fields: readonly RowField[], given: ParquetWriteOptions): FileWriterFormat<unknown> {
  const options = resolveWriteOptions(given)
  const [first] = fields
  if (first === undefined) throw new MillraceError('PARQUET_UNSUPPORTED_TYPE', 'parquet(type): expected a row type with fields, found none', { origin: 'user' })
  const columns = fields.map(({ name, type }) => writtenColumn(name, type))
  const unknown = options.bloomFilters.find((name) => !columns.some((column) => column.name === name && column.elements.length === 1))
  if (unknown !== undefined) throw badOption('bloomFilters', 'names of columns without fields of their own', unknown)
  return { name: NAME, extension: '.parquet', appendable: false, open: (output) => new ParquetWriter(output, columns, options) }
}
