import { protocolViolation, wrongField } from './protocol-error.ts'
import { WIRE_ERROR, type Shape } from './shape.ts'

const NOT_FINITE = ['NaN', 'Infinity', '-Infinity']

/** The value that `packValue` packed. Bytes are copies, as whoever gets them may look at their whole buffer. Throws CORE_PROTOCOL_VIOLATION with a path. */
export function unpackValue(shape: Shape, json: unknown, path: string, tail: Uint8Array): unknown {
  if (shape === 'json') return json
  if (shape === 'error') return unpackFields(WIRE_ERROR, json, path, tail)
  if (shape === 'bytes') return unpackBytes(json, path, tail)
  if (shape === 'number' && typeof json === 'string' && NOT_FINITE.includes(json)) return Number(json)
  if (typeof shape === 'string') {
    if (typeof json === shape) return json
    throw wrongField(path, `a ${shape}`, json)
  }
  if ('oneOf' in shape) {
    if (typeof json === 'string' && shape.oneOf.includes(json)) return json
    throw wrongField(path, `one of ${shape.oneOf.join(', ')}`, json)
  }
  if ('optional' in shape) return json === undefined ? undefined : unpackValue(shape.optional, json, path, tail)
  if ('nullable' in shape) return json === null ? null : unpackValue(shape.nullable, json, path, tail)
  if ('list' in shape) {
    if (Array.isArray(json)) return json.map((element: unknown, index) => unpackValue(shape.list, element, `${path}[${index}]`, tail))
    throw wrongField(path, 'a list', json)
  }
  if ('fields' in shape) return unpackFields(shape.fields, json, path, tail)
  if (typeof json !== 'object' || json === null) throw wrongField(path, 'an object', json)
  if ('record' in shape) return Object.fromEntries(Object.entries(json).map(([key, member]) => [key, unpackValue(shape.record, member, `${path}[${JSON.stringify(key)}]`, tail)]))
  return unpackVariant(shape.variants, json, path, tail)
}

export function unpackVariant(variants: Extract<Shape, { readonly variants: unknown }>['variants'], json: unknown, path: string, tail: Uint8Array): object {
  const { kind, ...rest } = Object(json) as { readonly kind?: unknown }
  const fields = typeof kind === 'string' && Object.hasOwn(variants, kind) ? variants[kind] : undefined
  if (fields === undefined) throw wrongField(path === '' ? 'kind' : `${path}.kind`, `one of ${Object.keys(variants).join(', ')}`, kind)
  return { kind, ...unpackFields(fields, rest, path === '' ? (kind as string) : path, tail) }
}

function unpackFields(fields: Readonly<Record<string, Shape>>, json: unknown, path: string, tail: Uint8Array): object {
  if (typeof json !== 'object' || json === null) throw wrongField(path, 'an object', json)
  const unknown = Object.keys(json).find((name) => !Object.hasOwn(fields, name))
  if (unknown !== undefined) throw protocolViolation(`${path} has a field ${unknown}, which is not known here`)
  const entries = Object.entries(fields).map(([name, shape]) => [name, unpackValue(shape, (json as Readonly<Record<string, unknown>>)[name], `${path}.${name}`, tail)])
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as object
}

function unpackBytes(json: unknown, path: string, tail: Uint8Array): Uint8Array {
  const [offset, length] = Array.isArray(json) ? (json as readonly unknown[]) : []
  const isWithin = Number.isInteger(offset) && Number.isInteger(length) && (offset as number) >= 0 && (length as number) >= 0 && (offset as number) + (length as number) <= tail.length
  if (!isWithin) throw wrongField(path, `an offset and a length within ${tail.length} bytes`, json)
  return tail.slice(offset as number, (offset as number) + (length as number))
}
