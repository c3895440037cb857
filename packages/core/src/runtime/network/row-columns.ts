import { innerOfNullable, partsOf } from '../../types/define-type.ts'
import { double, int, long } from '../../types/number-types.ts'
import { boolean, string } from '../../types/simple-types.ts'
import { timestamp } from '../../types/time-types.ts'
import type { AnyType, TypeSerializer } from '../../types/type-information.ts'

/** How the values of a field are kept side by side; strings as their lengths, and their text apart. */
export type ColumnKind = 'double' | 'long' | 'timestamp' | 'int' | 'boolean' | 'string'

/** A field of a row: a column if its type has one, otherwise written by its serializer, row after row. */
export interface RowColumn {
  readonly name: string
  /** Of the field itself, nulls included. */
  readonly serializer: TypeSerializer<unknown>
  readonly kind: ColumnKind | undefined
  readonly nullable: boolean
}

/** By serializer: a schema does not promise that its values are checked and read in the same way. */
const KINDS: ReadonlyMap<unknown, ColumnKind> = new Map<unknown, ColumnKind>([
  [double().serializer, 'double'],
  [long().serializer, 'long'],
  [timestamp().serializer, 'timestamp'],
  [int().serializer, 'int'],
  [boolean().serializer, 'boolean'],
  [string().serializer, 'string'],
])

/** The columns of a row type; undefined for all other types, and for rows that have none. */
export function columnsOf(type: AnyType): readonly RowColumn[] | undefined {
  const { schema } = type
  const parts = partsOf(type)
  if (schema.kind !== 'row' || parts.length !== schema.fields.length) return undefined
  const columns = schema.fields.map(({ name }, index): RowColumn => {
    const part = parts[index] as AnyType
    const inner = innerOfNullable(part)
    return { name, serializer: part.serializer as TypeSerializer<unknown>, kind: KINDS.get((inner ?? part).serializer), nullable: inner !== undefined }
  })
  return columns.some(({ kind }) => kind !== undefined) ? columns : undefined
}
