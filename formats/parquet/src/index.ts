export { parquet } from './parquet.ts'
export type { ParquetFormat, ParquetOptions, ParquetRow, TypedParquetFormat } from './parquet.ts'
export type { ParquetCodec, ParquetWriteOptions } from './parquet-options.ts'
export type { ColumnCondition, ParquetFilter } from './row-filter.ts'
