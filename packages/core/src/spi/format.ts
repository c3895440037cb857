import type { TypeInformation } from '../types/type-information.ts'
import type { DeserializationSchema } from './deserialization-schema.ts'
import type { FileReaderFormat } from './file-reader-format.ts'
import type { FileWriterFormat } from './file-writer-format.ts'
import type { SerializationSchema } from './serialization-schema.ts'

/**
 * What a format package exports: bytes ↔ records, knowing no file system and no network. Configuration only.
 * A connector takes the part it needs (`{ fileReader: FileReaderFormat<T> }` …), so a format may offer any subset.
 */
export interface Format<in out T> {
  readonly name: string
  readonly type?: TypeInformation<T>
  readonly fileReader?: FileReaderFormat<T>
  readonly fileWriter?: FileWriterFormat<T>
  readonly deserialization?: DeserializationSchema<T>
  readonly serialization?: SerializationSchema<T>
}
