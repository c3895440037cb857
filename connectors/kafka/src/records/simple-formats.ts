import { TextDecoder } from 'node:util'
import { MillraceError, types } from '@millrace/core'
import type { DeserializationSchema, SerializationSchema, TypeInformation } from '@millrace/core/spi'
import { ByteCopier } from './byte-copier.ts'

/** A format of single messages, in both directions. */
export interface MessageFormat<T> {
  readonly name: string
  readonly type: TypeInformation<T>
  readonly deserialization: DeserializationSchema<T>
  readonly serialization: SerializationSchema<T>
}

/** The bytes as they are, copied out of the batch they came in. */
export function raw(): MessageFormat<Uint8Array> {
  const named = { name: 'raw', type: types.bytes() }
  return {
    ...named,
    deserialization: {
      ...named,
      open() {
        const copier = new ByteCopier()
        return { deserialize: (bytes, output) => output.collect(copier.copy(bytes)) }
      },
    },
    serialization: { name: 'raw', open: () => ({ serialize: (bytes) => bytes }) },
  }
}

/** UTF-8 text. Bytes that are not make a bad record: KAFKA_NOT_TEXT. */
export function text(): MessageFormat<string> {
  const named = { name: 'text', type: types.string() }
  return {
    ...named,
    deserialization: {
      ...named,
      open() {
        const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
        return { deserialize: (bytes, output) => output.collect(decode(decoder, bytes)) }
      },
    },
    serialization: { name: 'text', open: () => ({ serialize: (value) => Buffer.from(value) }) },
  }
}

function decode(decoder: TextDecoder, bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new MillraceError('KAFKA_NOT_TEXT', 'Expected UTF-8 text, found bytes that are none. Use raw() or the format they were written with', { origin: 'external', cause })
  }
}
