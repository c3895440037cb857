import type { AnyType, DeserializationSchema, SerializationSchema } from '@millrace/core/spi'

/** What reads keys or values: a format that can, such as `jsonLines(Flight)`, or a schema alone. */
export type ReadFormat<T> = DeserializationSchema<T> | { readonly deserialization: DeserializationSchema<T>; readonly type?: AnyType }

/** What writes keys or values. */
export type WriteFormat<T> = SerializationSchema<T> | { readonly serialization: SerializationSchema<T> }

export function deserializationOf<T>(format: ReadFormat<T>): DeserializationSchema<T> {
  if (!('deserialization' in format)) return format
  const type = format.deserialization.type ?? format.type
  return type === undefined ? format.deserialization : { ...format.deserialization, type }
}

export function serializationOf<T>(format: WriteFormat<T>): SerializationSchema<T> {
  return 'serialization' in format ? format.serialization : format
}
