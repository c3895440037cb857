import type { TypeSchema } from './type-information.ts'

/** A schema on one line, for plans and messages: `row(origin string, delay int?, tags list(string))`. */
export function describeSchema(schema: TypeSchema): string {
  switch (schema.kind) {
    case 'nullable':
      return `${describeSchema(schema.of)}?`
    case 'decimal':
      return `decimal(${schema.precision}, ${schema.scale})`
    case 'enum':
      return `enum(${schema.values.map((value) => JSON.stringify(value)).join(', ')})`
    case 'list':
      return `list(${describeSchema(schema.of)})`
    case 'map':
      return `map(${describeSchema(schema.key)}, ${describeSchema(schema.value)})`
    case 'tuple':
    case 'union':
      return `${schema.kind}(${schema.of.map(describeSchema).join(', ')})`
    case 'row':
      return `row(${schema.fields.map((field) => `${field.name} ${describeSchema(field.type)}`).join(', ')})`
    case 'custom':
      return `custom(${schema.id} v${schema.version})`
    default:
      return schema.kind
  }
}
