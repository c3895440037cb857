export { parquetjs } from './parquetjs.ts'
export type { ParquetjsWriteOptions } from './parquetjs-writer.ts'
