import { MillraceError } from '../../errors.ts'
import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The default for splits, committables, writer and enumerator states: JSON text, version 1. */
export function jsonObjectSerializer(what: string): SimpleVersionedSerializer<unknown> {
  return {
    version: 1,
    serialize: (value) => encoder.encode(JSON.stringify(value)),
    deserialize(version, bytes) {
      if (version === 1) return JSON.parse(decoder.decode(bytes)) as unknown
      const message = `expected ${what} written as JSON version 1, found version ${version}; give the connector the serializer it was written with`
      throw new MillraceError('CORE_UNKNOWN_VERSION', message, { origin: 'user' })
    },
  }
}
