export { csv } from './csv.ts'
export type { CsvFormat } from './csv.ts'
export type { CsvOptions } from './csv-options.ts'
