export { fileSource } from './source/file-source.ts'
export type { FileSourceOptions } from './source/file-source.ts'
export type { Compression } from './compression.ts'
