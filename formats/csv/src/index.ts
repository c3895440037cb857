export { csv } from './csv.ts'
export type { CsvFormat, CsvTextFormat } from './csv.ts'
export type { CsvEncoding, CsvOptions } from './csv-options.ts'
export { schemaInference } from './schema-inference.ts'
