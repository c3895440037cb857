import { MillraceError } from '@millrace/core/spi'
import type { ByteOutput, FileReaderFormat, FileRecordWriter, FileWriterFormat, Format, TypeInformation } from '@millrace/core/spi'
import { JsonDocumentReader } from './json-document-reader.ts'
import { resolveOptions } from './json-options.ts'
import type { JsonLinesOptions } from './json-options.ts'
import { JsonWriter } from './json-writer.ts'
import { decodingOf } from './line-decoder.ts'
import { plainJson } from './plain-json.ts'
import { toJson } from './to-json.ts'
import type { ToJson } from './to-json.ts'

export interface JsonOptions extends JsonLinesOptions {
  /** The members that lead from the root to the array of records, e.g. `['data', 'items']`. Default: the root is the array. */
  readonly path?: readonly string[]
}

export interface JsonFormat<T> extends Format<T> {
  readonly fileReader: FileReaderFormat<T>
  readonly fileWriter: FileWriterFormat<T>
}

/**
 * Files that are one JSON document, read element by element, without ever holding all of it in memory: the elements of the array
 * at `path` are the records; a value there that is no array is the only record. Members off the path are checked and passed
 * over (of those longer than `maxRecordBytes` only brackets and strings are looked at).
 *
 * Records are converted as by `jsonLines`. An element that does not fit is a bad record; a document that is broken around the
 * elements, or lacks the path, fails with JSON_DOCUMENT. One range per file. Written is one array, at the same path.
 */
export function json(type?: undefined, options?: JsonOptions): JsonFormat<unknown>
export function json<T>(type: TypeInformation<T>, options?: JsonOptions): JsonFormat<T> & { readonly type: TypeInformation<T> }
export function json<T>(type?: TypeInformation<T>, options: JsonOptions = {}): JsonFormat<T> {
  const { maxRecordBytes, largeIntegers } = resolveOptions('json', options)
  const { path = [] } = options
  if (!path.every((name) => typeof name === 'string')) throw new MillraceError('JSON_OPTION', `json option path: expected the names of members, found ${JSON.stringify(path)}`, { origin: 'user' })
  const decoding = decodingOf(type, largeIntegers)
  const named = { name: 'json', ...(type === undefined ? {} : { type }) }
  const reader: FileReaderFormat<unknown> = {
    ...named,
    wholeFileCompression: true,
    open: (input, open) => new JsonDocumentReader(input, open, decoding, path, maxRecordBytes),
  }
  return {
    ...named,
    // Values are made after the type's schema, which the compiler cannot follow.
    fileReader: reader as FileReaderFormat<T>,
    fileWriter: {
      name: named.name,
      extension: '.json',
      appendable: true,
      open: (output, { continued }) => documentWriter(output, type === undefined ? plainJson : toJson(type.schema), path, continued),
    },
  }
}

/** The array, and the objects around it. What comes before the first record is written with it. */
function documentWriter(output: ByteOutput, convert: ToJson, path: readonly string[], continued: boolean): FileRecordWriter<unknown> {
  const start = `${path.map((name) => `{${JSON.stringify(name)}:`).join('')}[`
  const elements = new JsonWriter(output, convert, continued ? ',\n' : start, ',\n')
  let isEmpty = !continued
  return {
    write(value) {
      elements.write(value)
      isEmpty = false
    },
    flush: () => elements.flush(),
    finish() {
      elements.flush()
      output.write(Buffer.from(`${isEmpty ? start : ''}]${'}'.repeat(path.length)}\n`))
    },
  }
}
