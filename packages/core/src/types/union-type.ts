import { MillraceError } from '../errors.ts'
import { corruptIndex } from './corrupt-index.ts'
import { defineType } from './define-type.ts'
import { inField, typeMismatch } from './type-mismatch.ts'
import type { Fields } from './row-type.ts'
import type { AnyType, Infer, TypeInformation, TypeSerializer } from './type-information.ts'

type AnyRowType = AnyType & { readonly fields: Fields }

/**
 * One of several rows, told apart by a field that all of them declare as `enumOf` with values of its own:
 * `union(row({ kind: enumOf('arrival'), … }), row({ kind: enumOf('departure'), … }))`. Written as the row's position in
 * the union and the row: append rows, never reorder them. Throws CORE_INVALID_TYPE when no field tells them apart.
 */
export function union<const T extends readonly [AnyRowType, AnyRowType, ...AnyRowType[]]>(...of: T): TypeInformation<Infer<T[number]>> {
  const { field, variantOf } = discriminator(of)
  const serializers = of.map((type) => type.serializer as TypeSerializer<unknown>)
  const expected = `one of ${[...variantOf.keys()].map((value) => JSON.stringify(value)).join(', ')}`
  return defineType<Infer<T[number]>>(
    { kind: 'union', of: of.map((type) => type.schema) },
    {
      id: 'union',
      version: 1,
      write(value, output) {
        const row: unknown = value
        if (typeof row !== 'object' || row === null) throw typeMismatch('an object', row)
        const tag = (row as Readonly<Record<string, unknown>>)[field]
        const variant = variantOf.get(tag)
        if (variant === undefined) throw inField(typeMismatch(expected, tag), field)
        output.writeVarUint(variant)
        serializers[variant]?.write(row, output)
      },
      read(input) {
        const variant = input.readVarUint()
        const serializer = serializers[variant]
        if (serializer === undefined) throw corruptIndex('a row of a union', variant, serializers.length)
        return serializer.read(input) as Infer<T[number]>
      },
    },
    of,
  )
}

/** The first field whose values tell the rows apart, and which value stands for which row. */
function discriminator(rows: readonly [AnyRowType, ...AnyRowType[]]): { readonly field: string; readonly variantOf: ReadonlyMap<unknown, number> } {
  for (const field of Object.keys(rows[0].fields)) {
    const variantOf = new Map<unknown, number>()
    const distinct = rows.every((row, variant) => {
      const schema = row.fields[field]?.schema
      if (schema?.kind !== 'enum' || schema.values.some((value) => variantOf.has(value))) return false
      for (const value of schema.values) variantOf.set(value, variant)
      return true
    })
    if (distinct) return { field, variantOf }
  }
  const message = `expected rows that share an enumOf field with different values in each, found none; add one such as kind: types.enumOf('…')`
  throw new MillraceError('CORE_INVALID_TYPE', message, { origin: 'user' })
}
