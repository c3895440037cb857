import { createRequire } from 'node:module'
import { MillraceError } from '@millrace/core/spi'

/** What is used of parquetjs-lite, which has no declarations of its own. */
export interface ParquetjsLibrary {
  readonly ParquetSchema: new (fields: Readonly<Record<string, ParquetjsField>>) => ParquetjsSchema
  readonly ParquetWriter: new (schema: ParquetjsSchema, envelope: EnvelopeWriter, options: { readonly rowGroupSize: number }) => { rowBuffer: object; appendRow(row: object): Promise<void> }
  readonly ParquetEnvelopeWriter: new (schema: ParquetjsSchema, write: (bytes: Buffer) => void, close: () => void, offset: number, options: { readonly pageSize: number; readonly useDataPageV2: boolean }) => EnvelopeWriter
  readonly ParquetEnvelopeReader: new (read: (offset: number, length: number) => Promise<Buffer>, close: () => void, size: number) => EnvelopeReader
  readonly ParquetReader: { openEnvelopeReader(envelope: EnvelopeReader, options: { readonly rawStatistics: boolean }): Promise<OpenParquetjsFile> }
}

export interface ParquetjsField {
  readonly type: string
  readonly optional?: boolean
  readonly repeated?: boolean
  readonly compression: string
  readonly statistics: boolean
}

export interface ParquetjsSchema {
  readonly fieldList: readonly { originalType?: string }[]
}

export interface EnvelopeWriter {
  setPageSize(rows: number): void
  writeRowGroup(rows: object): void
  writeIndex(): void | Promise<void>
  writeFooter(metadata: Readonly<Record<string, string>>): void
}

export interface EnvelopeReader {
  readRowGroup(schema: ParquetjsSchema, rowGroup: unknown, columns: readonly (readonly string[])[]): Promise<{ readonly columnData: Readonly<Record<string, ParquetjsColumn>> }>
}

/** Values as they are stored: bigints for 64 bits, Buffers for bytes; one level per entry, also where there is no value. */
export interface ParquetjsColumn {
  readonly values: readonly unknown[]
  readonly rlevels: readonly number[]
  readonly dlevels: readonly number[]
}

export interface OpenParquetjsFile {
  readonly schema: ParquetjsSchema
  readonly metadata: { readonly row_groups: readonly unknown[] }
  readonly envelopeReader: EnvelopeReader
}

/** Loads parquetjs-lite of the user's project. Throws PARQUET_NO_PARQUETJS. */
export function loadParquetjs(): ParquetjsLibrary {
  try {
    return createRequire(import.meta.url)('parquetjs-lite') as ParquetjsLibrary
  } catch (error) {
    throw new MillraceError('PARQUET_NO_PARQUETJS', 'Expected the package parquetjs-lite, which parquetjs() works with, to be installed: npm install parquetjs-lite@0.8.7. Or use parquet() of @millrace/format-parquet, which needs no other package', { origin: 'user', cause: error })
  }
}
