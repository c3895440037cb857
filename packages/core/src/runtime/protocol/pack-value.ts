import { WIRE_ERROR, type Shape } from './shape.ts'
import { wrongField } from './protocol-error.ts'

/** Collects the bytes of a message behind its JSON, in which they stand as `[offset, length]`. */
export class BytesTail {
  readonly parts: Uint8Array[] = []
  length = 0

  add(bytes: Uint8Array): readonly [offset: number, length: number] {
    const offset = this.length
    this.parts.push(bytes)
    this.length += bytes.length
    return [offset, bytes.length]
  }
}

/**
 * What `value` is in the JSON of a message. Numbers that JSON has no word for become the strings NaN, Infinity and -Infinity;
 * a field that is absent or undefined is left out. Throws CORE_PROTOCOL_VIOLATION with the path of what does not have its shape.
 */
export function packValue(shape: Shape, value: unknown, path: string, tail: BytesTail): unknown {
  if (shape === 'json') return toJson(value)
  if (shape === 'error') return packError(value, path, tail)
  if (shape === 'bytes') {
    if (value instanceof Uint8Array) return tail.add(value)
    throw wrongField(path, 'bytes', value)
  }
  if (shape === 'number' && typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof shape === 'string') {
    if (typeof value === shape) return value
    throw wrongField(path, `a ${shape}`, value)
  }
  if ('oneOf' in shape) {
    if (typeof value === 'string' && shape.oneOf.includes(value)) return value
    throw wrongField(path, `one of ${shape.oneOf.join(', ')}`, value)
  }
  if ('optional' in shape) return value === undefined ? undefined : packValue(shape.optional, value, path, tail)
  if ('nullable' in shape) return value === null ? null : packValue(shape.nullable, value, path, tail)
  if ('list' in shape) {
    if (Array.isArray(value)) return value.map((element: unknown, index) => packValue(shape.list, element, `${path}[${index}]`, tail))
    throw wrongField(path, 'a list', value)
  }
  if (typeof value !== 'object' || value === null) throw wrongField(path, 'an object', value)
  if ('record' in shape) return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, packValue(shape.record, member, `${path}[${JSON.stringify(key)}]`, tail)]))
  if ('fields' in shape) return packFields(shape.fields, value, path, tail)
  return packVariant(shape.variants, value, path, tail)
}

/** `kind`, and the fields of that kind. */
export function packVariant(variants: Extract<Shape, { readonly variants: unknown }>['variants'], value: object, path: string, tail: BytesTail): object {
  const { kind } = value as { readonly kind?: unknown }
  const fields = typeof kind === 'string' && Object.hasOwn(variants, kind) ? variants[kind] : undefined
  if (fields === undefined) throw wrongField(path === '' ? 'kind' : `${path}.kind`, `one of ${Object.keys(variants).join(', ')}`, kind)
  return { kind, ...packFields(fields, value, path === '' ? (kind as string) : path, tail) }
}

function packFields(fields: Readonly<Record<string, Shape>>, value: object, path: string, tail: BytesTail): object {
  return Object.fromEntries(Object.entries(fields).map(([name, shape]) => [name, packValue(shape, (value as Readonly<Record<string, unknown>>)[name], `${path}.${name}`, tail)]))
}

/** An error arrives in any case: one that is put together wrongly loses its details, not its message. */
function packError(value: unknown, path: string, tail: BytesTail): unknown {
  try {
    return packValue({ fields: WIRE_ERROR }, value, path, tail)
  } catch {
    const { name, message } = Object(value) as { readonly name?: unknown; readonly message?: unknown }
    return { name: String(name), message: String(message) }
  }
}

/** What JSON cannot hold becomes a text: it is for people to read. */
function toJson(value: unknown): unknown {
  try {
    const text = JSON.stringify(value, (_key, member: unknown) => (typeof member === 'bigint' ? String(member) : member)) as string | undefined
    return text === undefined ? String(value) : (JSON.parse(text) as unknown)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
