export { parquet } from './parquet.ts'
export type { ParquetFormat, ParquetRow } from './parquet.ts'
