import type { TypeSchema } from '../types/type-information.ts'
import type { FormatInput } from './file-reader-format.ts'

/** What a file's records seem to be. */
export interface InferredSchema {
  /** A row with the fields of the records. */
  readonly schema: TypeSchema
  /** How many records were looked at. */
  readonly records: number
  /** The format that reads the file, as TypeScript: the function to import, and its call with the name of the row type in it, such as `csv(Flight, { delimiter: ';' })`. */
  readonly format: { readonly function: string; call(typeName: string): string }
}

/**
 * How `millrace schema FILE` learns the type of records from a file. A format package exports one as `schemaInference` from its
 * main entry. Formats that carry a schema in the file take it from there.
 */
export interface SchemaInference {
  /** Throws MillraceError (origin external) for a file that is not of this format. */
  inferSchema(input: FormatInput, options: { readonly sampleBytes: number; readonly signal: AbortSignal }): Promise<InferredSchema>
}
