export { parquet } from './parquet.ts'
export type { ParquetFormat, ParquetRow, TypedParquetFormat } from './parquet.ts'
export type { ParquetCodec, ParquetWriteOptions } from './parquet-options.ts'
