import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'

/** The default for splits, committables and enumerator states: JSON in UTF-8, version 1. `undefined` is kept as null. */
export function jsonSerializer<T>(): SimpleVersionedSerializer<T> {
  return {
    version: 1,
    serialize: (value) => Buffer.from(JSON.stringify(value ?? null)),
    deserialize: (_version, bytes) => JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as T,
  }
}
