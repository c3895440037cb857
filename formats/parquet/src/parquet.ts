import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, FileWriterFormat, Format, FormatInput, FormatRange, TypeInformation } from '@millrace/core/spi'
import { openFile } from './open-file.ts'
import { badOption, resolveWriteOptions } from './parquet-options.ts'
import type { ParquetWriteOptions } from './parquet-options.ts'
import { ParquetReader } from './parquet-reader.ts'
import type { RowField } from './parquet-reader.ts'
import { ParquetWriter } from './parquet-writer.ts'
import { writtenColumn } from './written-column.ts'

export interface ParquetFormat<T> extends Format<T> {
  readonly fileReader: FileReaderFormat<T>
}

/** With a row type, files can be written too. */
export interface TypedParquetFormat<T> extends ParquetFormat<T> {
  readonly type: TypeInformation<T>
  readonly fileWriter: FileWriterFormat<T>
}

/** A row of a file whose type was not named. */
export type ParquetRow = Readonly<Record<string, unknown>>

/**
 * Reads Parquet files, row group by row group; positions and ranges are row numbers. With a row type, writes them too.
 *
 * With a row type only its columns are read, and checked: 64-bit integers become numbers for `types.long()` if a number holds
 * them, else the row is a bad record (PARQUET_VALUE); so is a null in a column that is not nullable. Timestamps become epoch
 * milliseconds, digits beyond them cut off towards the past.
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
export function parquet<T extends object>(type: TypeInformation<T>, options?: ParquetWriteOptions): TypedParquetFormat<T>
export function parquet<T extends object>(type?: TypeInformation<T>, options: ParquetWriteOptions = {}): ParquetFormat<T> | TypedParquetFormat<T> {
  const fields = type === undefined ? undefined : rowFields(type)
  const fileReader: FileReaderFormat<unknown> = {
    name: NAME,
    ...(type === undefined ? {} : { type }),
    wholeFileCompression: false,
    planRanges: (input, { targetBytes }) => planRanges(input, fields, targetBytes),
    open: (input, open) => new ParquetReader(input, open, fields),
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

function rowFields<T>(type: TypeInformation<T>): readonly RowField[] {
  if (type.schema.kind === 'row') return type.schema.fields
  throw new MillraceError('PARQUET_UNSUPPORTED_TYPE', `parquet(type): expected a row type, found ${type.schema.kind}. Write types.row({ … })`, { origin: 'user' })
}

/** Whole row groups, joined until the columns to be read have about `targetBytes` in the file. */
async function planRanges(input: FormatInput, fields: readonly RowField[] | undefined, targetBytes: number): Promise<readonly FormatRange[]> {
  const { metadata, groupStarts } = await openFile(input)
  const wanted = fields && new Set(fields.map(({ name }) => name))
  const ranges: FormatRange[] = []
  let start = 0
  let bytes = 0
  metadata.row_groups.forEach((group, index) => {
    for (const { meta_data: column } of group.columns) {
      if (column !== undefined && (wanted?.has(column.path_in_schema[0] ?? '') ?? true)) bytes += Number(column.total_compressed_size)
    }
    const end = groupStarts[index + 1] as number
    if (bytes < targetBytes && index + 1 < metadata.row_groups.length) return
    if (end > start) ranges.push({ start, end })
    start = end
    bytes = 0
  })
  return ranges
}
