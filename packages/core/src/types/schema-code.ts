import type { TypeSchema } from './type-information.ts'

/** A type as the TypeScript that makes it: `types.row({ … })`. Each field of a row is on a line of its own. */
export function schemaCode(schema: TypeSchema, indent = ''): string {
  switch (schema.kind) {
    case 'nullable':
      return `${schemaCode(schema.of, indent)}.nullable()`
    case 'decimal':
      return `types.decimal(${schema.precision}, ${schema.scale})`
    case 'enum':
      return `types.enumOf(${schema.values.map(quoted).join(', ')})`
    case 'list':
      return `types.list(${schemaCode(schema.of, indent)})`
    case 'map':
      return `types.map(${schemaCode(schema.key, indent)}, ${schemaCode(schema.value, indent)})`
    case 'tuple':
      return `types.tuple(${schema.of.map((of) => schemaCode(of, indent)).join(', ')})`
    case 'union':
      return `types.union(${schema.of.map((of) => schemaCode(of, indent)).join(', ')})`
    case 'row': {
      if (schema.fields.length === 0) return 'types.row({})'
      const fields = schema.fields.map(({ name, type }) => `${indent}  ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)}: ${schemaCode(type, `${indent}  `)},\n`)
      return `types.row({\n${fields.join('')}${indent}})`
    }
    case 'custom':
      return `types.generic() /* the custom type ${schema.id} */`
    default:
      return `types.${schema.kind}()`
  }
}

function quoted(text: string): string {
  const inside = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")
  return `'${inside}'`
}
