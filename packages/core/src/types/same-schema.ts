import { describeSchema } from './describe-schema.ts'
import type { TypeSchema } from './type-information.ts'

/** Whether two schemas stand for the same bytes: same structure, and in rows the same fields in the same order. */
export function sameSchema(a: TypeSchema, b: TypeSchema): boolean {
  if (a === b) return true
  if (a.kind === 'row' && b.kind === 'row') {
    return a.fields.length === b.fields.length && a.fields.every((field, index) => sameField(field, b.fields[index]))
  }
  if (a.kind === 'list' && b.kind === 'list') return sameSchema(a.of, b.of)
  if (a.kind === 'nullable' && b.kind === 'nullable') return sameSchema(a.of, b.of)
  if (a.kind === 'map' && b.kind === 'map') return sameSchema(a.key, b.key) && sameSchema(a.value, b.value)
  if ((a.kind === 'tuple' && b.kind === 'tuple') || (a.kind === 'union' && b.kind === 'union')) return sameSchemas(a.of, b.of)
  // what is left has no structure below it, so that its description tells it apart
  return a.kind === b.kind && describeSchema(a) === describeSchema(b)
}

type Field = { readonly name: string; readonly type: TypeSchema }

function sameField(a: Field, b: Field | undefined): boolean {
  return b !== undefined && a.name === b.name && sameSchema(a.type, b.type)
}

function sameSchemas(a: readonly TypeSchema[], b: readonly TypeSchema[]): boolean {
  return a.length === b.length && a.every((schema, index) => sameSchema(schema, b[index] as TypeSchema))
}
