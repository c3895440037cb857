export { jsonLines } from './json-lines.ts'
export type { JsonLinesFormat, JsonLinesOptions } from './json-lines.ts'
