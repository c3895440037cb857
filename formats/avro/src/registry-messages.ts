import { MillraceError } from '@millrace/core/spi'
import type { MessageDeserializer, MessageSerializer } from '@millrace/core/spi'
import { damaged } from './avro-error.ts'
import type { AvroType } from './avro-type.ts'
import { ByteSink } from './byte-sink.ts'
import { ByteTap } from './byte-tap.ts'
import type { Decoder } from './leaf-decoder.ts'
import type { Encoder } from './leaf-encoder.ts'
import { asBuffer, decodeDatum, MESSAGE_SLAB_BYTES } from './message.ts'
import { RegistryClient } from './registry-client.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** A zero byte and the number of the schema, four bytes, the highest first. */
const HEADER_BYTES = 5

/** Decodes messages framed for a registry, each with the schema whose number it carries. */
export function registryDeserializer<T>(registry: SchemaRegistry, decoderFor: (writer: AvroType) => Decoder): MessageDeserializer<T> {
  const client = new RegistryClient(registry)
  const tap = new ByteTap()
  const decoders = new Map<number, Decoder | MillraceError>()

  async function load(id: number): Promise<void> {
    try {
      decoders.set(id, decoderFor(await client.schema(id)))
    } catch (error) {
      // messages with a number that the registry lacks, or with a schema that does not fit, are bad messages; a registry out of reach is not their fault
      if (MillraceError.is(error) && (error.code === 'AVRO_SCHEMA' || error.code === 'AVRO_REGISTRY_NOT_FOUND')) decoders.set(id, error)
      else throw error
    }
  }

  return {
    prepare(messages) {
      const missing = new Set<number>()
      for (const message of messages) {
        const id = schemaIdOf(asBuffer(message))
        if (id !== undefined && !decoders.has(id)) missing.add(id)
      }
      return missing.size === 0 ? undefined : Promise.all(Array.from(missing, load)).then(() => undefined)
    },
    deserialize(message, output) {
      const bytes = asBuffer(message)
      const id = schemaIdOf(bytes)
      if (id === undefined) throw damaged(`expected a zero byte and the number of a schema, found ${bytes.subarray(0, HEADER_BYTES).toString('hex') || 'an empty message'}`)
      const decoder = decoders.get(id)
      if (decoder === undefined) {
        throw new MillraceError('AVRO_NOT_PREPARED', `Expected prepare() to be called with a message before it is deserialized: schema ${id} was not fetched. The connector must call it for every batch`, { origin: 'engine' })
      }
      if (MillraceError.is(decoder)) throw decoder
      output.collect(decodeDatum(decoder, tap, bytes, HEADER_BYTES) as T)
    },
  }
}

function schemaIdOf(message: Buffer): number | undefined {
  return message.length < HEADER_BYTES || message[0] !== 0 ? undefined : message.readUInt32BE(1)
}

/** Frames messages for a registry; `prepare` registers the schema. */
export function registrySerializer<T>(registry: SchemaRegistry, schemaJson: string, encode: Encoder): MessageSerializer<T> {
  const client = new RegistryClient(registry)
  const sink = new ByteSink(MESSAGE_SLAB_BYTES)
  let id: number | undefined
  return {
    async prepare() {
      id ??= await client.idOf(schemaJson)
    },
    serialize(value) {
      if (id === undefined) throw new MillraceError('AVRO_NOT_PREPARED', 'Expected prepare() to be called before serialize(): the schema has no number yet. The connector must call it once', { origin: 'engine' })
      sink.restart()
      for (const byte of [0, id >>> 24, (id >>> 16) & 0xff, (id >>> 8) & 0xff, id & 0xff]) sink.byte(byte)
      encode(value, sink)
      return sink.take()
    },
  }
}
