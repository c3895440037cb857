import { MillraceError } from '../errors.ts'
import { defineType } from './define-type.ts'
import { createRowCodec } from './row-codec.ts'
import type { AnyType, Infer, TypeInformation } from './type-information.ts'

/** The fields of a row, in the order in which they are written and in which rows that are read list them. */
export type Fields = Readonly<Record<string, AnyType>>

/** The static type of a row: records are immutable once emitted. */
export type RowOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> }

export interface RowType<F extends Fields> extends TypeInformation<RowOf<F>> {
  readonly fields: F
}

/**
 * An object with named, typed fields. Other properties of a value are not written, so they are lost wherever the
 * value becomes bytes. Throws CORE_INVALID_TYPE for a field called `__proto__`.
 */
export function row<F extends Fields>(fields: F): RowType<F> {
  const named = Object.entries(fields).map(([name, type]) => ({ name, type }))
  if (Object.hasOwn(fields, '__proto__')) {
    throw new MillraceError('CORE_INVALID_TYPE', 'expected field names, found __proto__, which sets the prototype of an object; rename the field', {
      origin: 'user',
    })
  }
  const schema = { kind: 'row', fields: named.map(({ name, type }) => ({ name, type: type.schema })) } as const
  return { ...defineType<RowOf<F>>(schema, createRowCodec(named)), fields }
}
