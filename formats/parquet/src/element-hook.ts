import type { ParquetParsers, SchemaElement } from 'hyparquet'
import type { ColumnKind } from './file-schema.ts'
import type { ValueParser } from './value-parser.ts'

/** An element as the decoder is to see it, and the parsers that it then calls. */
export interface ElementHook {
  readonly annotation: SchemaElement
  readonly parsers: Partial<ParquetParsers>
}

/**
 * Has the decoder call `parser` for every stored value, once per dictionary entry where there is a dictionary: the column is
 * decoded as if it had the annotation that the decoder has a custom parser for.
 */
export function elementHook(element: SchemaElement, kind: ColumnKind, parser: ValueParser | 'as-is'): ElementHook {
  const bare = { ...element }
  delete bare.converted_type
  delete bare.logical_type
  if (parser === 'as-is') return { annotation: kind === 'float16' ? { ...bare, logical_type: { type: 'FLOAT16' } } : bare, parsers: {} }
  const parse = parser as (stored: unknown) => unknown
  switch (element.type) {
    case 'INT32':
      return { annotation: { ...bare, converted_type: 'DATE' }, parsers: { dateFromDays: parse } }
    case 'INT64':
      return { annotation: { ...bare, logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } }, parsers: { timestampFromMilliseconds: parse } }
    case 'INT96':
      return { annotation: bare, parsers: { timestampFromNanoseconds: parse } }
    default:
      return { annotation: { ...bare, logical_type: { type: 'UUID' } }, parsers: { uuidFromBytes: parse } }
  }
}
