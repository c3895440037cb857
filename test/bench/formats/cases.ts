import type { RateCase } from '../rate-case.ts'
import { avroCases } from './avro-cases.ts'
import { csvReadText } from './csv-read-text.ts'
import { csvReadTyped } from './csv-read-typed.ts'
import { etlCases } from './etl-cases.ts'
import { jsonCases } from './json-read-lines.ts'
import { parquetCases } from './parquet-cases.ts'

export const formatCases: readonly RateCase[] = [csvReadText, csvReadTyped, ...jsonCases, ...avroCases, ...parquetCases, ...etlCases]
