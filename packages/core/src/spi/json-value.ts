export type { JsonValue } from '../types/json-value.ts'
