import { MillraceError } from '@millrace/core/spi'
import type { MessageDeserializer, MessageSerializer } from '@millrace/core/spi'
import { asDamage, damaged } from './avro-error.ts'
import { ByteSink } from './byte-sink.ts'
import { ByteTap } from './byte-tap.ts'
import type { Decoder } from './leaf-decoder.ts'
import type { Encoder } from './leaf-encoder.ts'
import { readFingerprint, SINGLE_OBJECT_BYTES } from './single-object.ts'

/**
 * Decodes the one datum from `start` to the end of a message. Throws AVRO_DATA for damage and AVRO_VALUE for a value that its
 * type cannot hold.
 */
export function decodeDatum(decode: Decoder, tap: ByteTap, message: Buffer, start: number): unknown {
  tap.reset()
  tap.open(message, start, message.length)
  let value: unknown
  try {
    value = decode(tap)
    tap.checkEnd()
  } catch (error) {
    throw asDamage(error, { offset: tap.at })
  }
  if (tap.at !== tap.end) throw damaged(`expected the message to end after its record, found ${tap.end - tap.at} bytes more`, { offset: tap.at })
  const { failure } = tap
  if (failure === undefined) return value
  throw new MillraceError('AVRO_VALUE', `field ${failure.field}: ${failure.reason}`, { origin: 'external', at: { field: failure.field } })
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Messages that are bare data of one schema. */
export function binaryDeserializer<T>(decode: Decoder): MessageDeserializer<T> {
  const tap = new ByteTap()
  return { deserialize: (message, output) => output.collect(decodeDatum(decode, tap, asBuffer(message), 0) as T) }
}

/** Messages in single-object encoding, by the fingerprints of the schemas that are known. */
export function singleObjectDeserializer<T>(decoders: ReadonlyMap<bigint, Decoder>): MessageDeserializer<T> {
  const tap = new ByteTap()
  return {
    deserialize(message, output) {
      const bytes = asBuffer(message)
      const fingerprint = readFingerprint(bytes)
      const decode = decoders.get(fingerprint)
      if (decode === undefined) {
        const found = fingerprint.toString(16).padStart(16, '0')
        throw new MillraceError('AVRO_UNKNOWN_SCHEMA', `The message was written with a schema of fingerprint ${found}, which is none of those known. Add it to knownSchemas`, { origin: 'external' })
      }
      output.collect(decodeDatum(decode, tap, bytes, SINGLE_OBJECT_BYTES) as T)
    },
  }
}

/** Messages are cut from slabs of this size: small enough to be no burden when one message outlives the others. */
export const MESSAGE_SLAB_BYTES: number = 16 * 1024

/** @param header what every message begins with. */
export function binarySerializer<T>(encode: Encoder, header: Uint8Array): MessageSerializer<T> {
  const sink = new ByteSink(MESSAGE_SLAB_BYTES)
  return {
    serialize(value) {
      sink.restart()
      sink.raw(header)
      encode(value, sink)
      return sink.take()
    },
  }
}
