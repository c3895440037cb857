import { MillraceError } from '../errors.ts'
import { defineType } from './define-type.ts'
import { createRowCodec } from './row-codec.ts'
import type { AnyType, Infer, TypeInformation } from './type-information.ts'

/** The fields of a row, in the order in which they are written and in which rows that are read list them. */
export type Fields = Readonly<Record<string, AnyType>>

/**
 * The static type of a row: records are immutable once emitted. `& {}` makes editors and the compiler show the fields themselves
 * and not the name of this type with the schema behind it.
 */
export type RowOf<F extends Fields> = { readonly [K in keyof F]: Infer<F[K]> } & {}

export interface RowOptions<F extends Fields> {
  /** Fields that had another name when restored state was written: `{ total: 'sum' }` reads into `total` what was `sum`. */
  readonly renamed?: { readonly [K in keyof F]?: string }
}

export interface RowType<F extends Fields> extends TypeInformation<RowOf<F>> {
  readonly fields: F
  /** Old names by new ones. */
  readonly renamed: Readonly<Record<string, string>>
}

/**
 * An object with named, typed fields. Other properties of a value are not written, so they are lost wherever the
 * value becomes bytes. Throws CORE_INVALID_TYPE for a field called `__proto__`, and for names in `renamed` that cannot be meant.
 */
export function row<F extends Fields>(fields: F, options: RowOptions<F> = {}): RowType<F> {
  const named = Object.entries(fields).map(([name, type]) => ({ name, type }))
  if (Object.hasOwn(fields, '__proto__')) {
    throw new MillraceError('CORE_INVALID_TYPE', 'expected field names, found __proto__, which sets the prototype of an object; rename the field', {
      origin: 'user',
    })
  }
  const schema = { kind: 'row', fields: named.map(({ name, type }) => ({ name, type: type.schema })) } as const
  const renamed = { ...options.renamed } as Readonly<Record<string, string>>
  checkRenamed(fields, renamed)
  // one object: its nullable form must know them too
  return Object.assign(defineType<RowOf<F>>(schema, createRowCodec(named), named.map(({ type }) => type)), { fields, renamed })
}

function checkRenamed(fields: Fields, renamed: Readonly<Record<string, string>>): void {
  const oldNames = new Set<string>()
  for (const [name, oldName] of Object.entries(renamed)) {
    const wrong = !Object.hasOwn(fields, name)
      ? `${name}, which is not a field of the row`
      : Object.hasOwn(fields, oldName)
        ? `${name} with the old name ${oldName}, which is a field of the row itself`
        : oldNames.has(oldName)
          ? `two fields with the old name ${oldName}`
          : undefined
    if (wrong !== undefined) {
      throw new MillraceError('CORE_INVALID_TYPE', `expected 'renamed' to give fields of the row the names they had before, found ${wrong}`, { origin: 'user' })
    }
    oldNames.add(oldName)
  }
}
