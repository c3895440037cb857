import type { InferredSchema, SchemaInference } from '@millrace/core/spi'
import { naturalType } from './nested-shape.ts'
import { openFile } from './open-file.ts'
import { guarded } from './parquet-error.ts'

/** Takes the type from the footer: what rows have that are read without a type. Throws PARQUET_FILE. */
export const schemaInference: SchemaInference = {
  inferSchema: (input) =>
    guarded(input.path, async (): Promise<InferredSchema> => {
      const { metadata } = await openFile(input)
      const { parquetSchema } = await import('hyparquet') // when it is needed, as elsewhere
      const fields = parquetSchema(metadata).children.map((column) => ({ name: column.element.name, type: naturalType(column) }))
      return { schema: { kind: 'row', fields }, records: 0, format: { function: 'parquet', call: (type) => `parquet(${type})` } }
    }),
}
