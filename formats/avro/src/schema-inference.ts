import type { SchemaInference } from '@millrace/core/spi'
import { parseSchema } from './avro-type.ts'
import { ByteWindow } from './byte-window.ts'
import { readHeader } from './container-header.ts'
import { naturalType } from './from-avro-schema.ts'

/** Takes the type from the header of a container file: that of `typeOfAvroSchema`. Throws AVRO_DATA, AVRO_SCHEMA. */
export const schemaInference: SchemaInference = {
  async inferSchema(input) {
    const window = new ByteWindow(input.chunks(0), 0)
    try {
      const { schema } = await readHeader(window, input.path)
      const { type } = parseSchema(schema, `the header of ${input.path}`)
      return { schema: naturalType(type), records: 0, format: { function: 'avro', call: (name) => `avro(${name})` } }
    } finally {
      await window.close()
    }
  },
}
