import { readFileSync } from 'node:fs'
import { types } from '@millrace/core'
import type { MessageDeserializer } from '@millrace/core/spi'
import { describe, expect, test } from 'vitest'
import { avro, avroSchemaOf, schemaRegistry } from '../src/index.ts'
import type { SchemaRegistryOptions } from '../src/index.ts'
import { RegistryServer } from './registry-server.ts'

const Flight = types.row({ id: types.long(), origin: types.string(), delay: types.int().nullable() })
const flight = { id: 7, origin: 'TXL', delay: null }

function decode<T>(deserializer: MessageDeserializer<T>, message: Uint8Array): readonly T[] {
  const found: T[] = []
  deserializer.deserialize(message, { collect: (value) => found.push(value) })
  return found
}

describe('bare messages', () => {
  const { serialization, deserialization } = avro(Flight)

  test('are the datum alone, in bytes of their own', () => {
    const serializer = serialization.open()
    const [first, second] = [serializer.serialize(flight), serializer.serialize({ id: -1, origin: 'é', delay: 3 })]
    expect(Buffer.from(first).toString('hex')).toBe('0e0654584c00')
    expect(Buffer.from(second).toString('hex')).toBe('0104c3a90206')
    expect(decode(deserialization.open(), first)).toEqual([flight])
  })

  test('that are no record are refused, and say why', () => {
    const deserializer = deserialization.open()
    const message = Buffer.from(serialization.open().serialize(flight))
    for (const bytes of [message.subarray(0, 3), Buffer.concat([message, Buffer.from([0])]), Buffer.alloc(0), Buffer.from('0e0654584c04', 'hex')]) {
      expect(() => decode(deserializer, bytes)).toThrow(expect.objectContaining({ code: 'AVRO_DATA', origin: 'external' }))
    }
    expect(decode(deserializer, message)).toEqual([flight])
  })

  test('with a value that the type cannot hold name the field', () => {
    const wide = avro(types.row({ id: types.bigint(), origin: types.string(), delay: types.int().nullable() }))
    const message = wide.serialization.open().serialize({ ...flight, id: 2n ** 60n })
    expect(() => decode(deserialization.open(), message)).toThrow(expect.objectContaining({ code: 'AVRO_VALUE', at: { field: 'id' } }))
  })
})

describe('single-object encoding', () => {
  test('finds the schema by its fingerprint', () => {
    const Old = types.row({ id: types.int() })
    const written = avro(Old, { framing: 'single-object', name: 'Flight' }).serialization.open().serialize({ id: 5 })
    const New = types.row({ id: types.long(), origin: types.string().nullable() })
    expect(() => decode(avro(New, { framing: 'single-object' }).deserialization.open(), written)).toThrow(expect.objectContaining({ code: 'AVRO_UNKNOWN_SCHEMA', message: expect.stringContaining('knownSchemas') }))
    const known = avro(New, { framing: 'single-object', knownSchemas: [avroSchemaOf(Old, { name: 'Flight' })] })
    expect(decode(known.deserialization.open(), written)).toEqual([{ id: 5, origin: null }])
    expect(() => decode(known.deserialization.open(), Buffer.from('c3'))).toThrow(expect.objectContaining({ code: 'AVRO_DATA' }))
  })
})

describe('messages of a schema registry', () => {
  async function withServer(body: (server: RegistryServer, options: SchemaRegistryOptions) => Promise<void>): Promise<void> {
    const server = new RegistryServer()
    try {
      await body(server, { url: await server.start(), subject: 'flights-value' })
    } finally {
      await server.close()
    }
  }

  test('carry the number of their schema, which is registered and fetched once', () =>
    withServer(async (server, options) => {
      const format = avro(Flight, { framing: schemaRegistry(options), name: 'Flight' })
      const serializer = format.serialization.open()
      expect(() => serializer.serialize(flight)).toThrow(expect.objectContaining({ code: 'AVRO_NOT_PREPARED', origin: 'engine' }))
      await serializer.prepare?.()
      await serializer.prepare?.()
      const message = Buffer.from(serializer.serialize(flight))
      expect(message.toString('hex')).toBe('00000000010e0654584c00')
      const deserializer = format.deserialization.open()
      await deserializer.prepare?.([message, message, Buffer.from('junk')])
      expect(deserializer.prepare?.([message])).toBeUndefined()
      expect(decode(deserializer, message)).toEqual([flight])
      expect(server.requests).toEqual(['POST /subjects/flights-value/versions', 'GET /schemas/ids/1'])
    }))

  test('are read whatever version wrote them', () =>
    withServer(async (_server, options) => {
      const old = avro(types.row({ id: types.int() }), { framing: schemaRegistry(options), name: 'Flight' }).serialization.open()
      await old.prepare?.()
      const format = avro(types.row({ id: types.long(), delay: types.int().nullable() }), { framing: schemaRegistry(options), name: 'Flight' })
      const now = format.serialization.open()
      await now.prepare?.()
      const messages = [old.serialize({ id: 1 }), now.serialize({ id: 2, delay: 3 })]
      const deserializer = format.deserialization.open()
      await deserializer.prepare?.(messages)
      expect(messages.flatMap((message) => decode(deserializer, message))).toEqual([{ id: 1, delay: null }, { id: 2, delay: 3 }])
    }))

  test('with references to other schemas are read', () =>
    withServer(async (server, options) => {
      server.add('point', JSON.stringify({ type: 'record', name: 'Point', namespace: 'geo', fields: [{ name: 'x', type: 'double' }] }))
      const id = server.add('line', JSON.stringify({ type: 'record', name: 'Line', fields: [{ name: 'from', type: 'geo.Point' }] }), [{ name: 'geo.Point', subject: 'point', version: 1 }])
      const Line = types.row({ from: types.row({ x: types.double() }) })
      const deserializer = avro(Line, { framing: schemaRegistry(options) }).deserialization.open()
      const message = Buffer.concat([Buffer.from([0, 0, 0, 0, id]), avro(Line).serialization.open().serialize({ from: { x: 1.5 } })])
      await deserializer.prepare?.([message])
      expect(decode(deserializer, message)).toEqual([{ from: { x: 1.5 } }])
    }))

  test('with an unknown number, or no number, are bad messages', () =>
    withServer(async (_server, options) => {
      const deserializer = avro(Flight, { framing: schemaRegistry(options) }).deserialization.open()
      const unknown = Buffer.from([0, 0, 0, 0, 9, 1])
      await deserializer.prepare?.([unknown])
      expect(() => decode(deserializer, unknown)).toThrow(expect.objectContaining({ code: 'AVRO_REGISTRY_NOT_FOUND', message: expect.stringContaining('40403') }))
      expect(() => decode(deserializer, Buffer.from('{"id":1}'))).toThrow(expect.objectContaining({ code: 'AVRO_DATA' }))
      expect(() => decode(deserializer, Buffer.from([0, 0, 0, 1, 9, 1]))).toThrow(expect.objectContaining({ code: 'AVRO_NOT_PREPARED' }))
    }))

  test('wait for a registry that is out of order, and the failure can be tried again', () =>
    withServer(async (server, options) => {
      const format = avro(Flight, { framing: schemaRegistry(options) })
      const serializer = format.serialization.open()
      await serializer.prepare?.()
      const message = serializer.serialize(flight)
      const deserializer = format.deserialization.open()
      server.failing = 500
      await expect(deserializer.prepare?.([message])).rejects.toMatchObject({ code: 'AVRO_REGISTRY_UNAVAILABLE', retryable: true, message: expect.stringContaining('50001') })
      server.failing = undefined
      await deserializer.prepare?.([message])
      expect(decode(deserializer, message)).toEqual([flight])
    }))

  test('need the right credentials, which are never shown', () =>
    withServer(async (server, options) => {
      const prepare = (auth: NonNullable<SchemaRegistryOptions['auth']>): Promise<void> | undefined => avro(Flight, { framing: schemaRegistry({ ...options, auth }) }).serialization.open().prepare?.()
      server.authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`
      await prepare({ username: 'me', password: 'secret' })
      const error = await Promise.resolve(prepare({ username: 'me', password: 'wrong!' })).catch((each: unknown) => each)
      expect(error).toMatchObject({ code: 'AVRO_REGISTRY_AUTH' })
      expect(String(error)).not.toContain('wrong!')
      server.authorization = 'Bearer token'
      await prepare({ bearer: 'token' })
      expect(JSON.stringify(schemaRegistry({ ...options, auth: { bearer: 'token' } }))).not.toContain('token')
    }))

  test('come over TLS from a server whose certificate is trusted', async () => {
    const pem = (name: string): string => readFileSync(new URL(`data/tls/${name}.pem`, import.meta.url), 'utf8')
    const server = new RegistryServer({ cert: pem('cert'), key: pem('key') })
    try {
      const url = (await server.start()).replace('http:', 'https:')
      const prepare = (tls: NonNullable<SchemaRegistryOptions['tls']>): Promise<void> | undefined => avro(Flight, { framing: schemaRegistry({ url, subject: 's', tls }) }).serialization.open().prepare?.()
      await prepare({ ca: pem('cert'), servername: 'registry.test' })
      await expect(prepare({ servername: 'registry.test' })).rejects.toMatchObject({ code: 'AVRO_REGISTRY_UNAVAILABLE', message: expect.stringContaining('self-signed') })
      await expect(prepare({ ca: pem('cert'), servername: 'another.test' })).rejects.toMatchObject({ code: 'AVRO_REGISTRY_UNAVAILABLE', message: expect.stringContaining('another.test') })
      expect(server.requests).toEqual(['POST /subjects/s/versions'])
    } finally {
      await server.close()
    }
  })

  test('of an incompatible type are refused when it is registered', () =>
    withServer(async (_server, options) => {
      await avro(Flight, { framing: schemaRegistry(options), name: 'Flight' }).serialization.open().prepare?.()
      const other = avro(types.row({ id: types.string() }), { framing: schemaRegistry(options), name: 'Flight' })
      await expect(other.serialization.open().prepare?.()).rejects.toMatchObject({ code: 'AVRO_INCOMPATIBLE_SCHEMA', origin: 'user' })
    }))

  test('are not registered when that is switched off', () =>
    withServer(async (server, options) => {
      const format = avro(Flight, { framing: schemaRegistry({ ...options, register: false }) })
      await expect(format.serialization.open().prepare?.()).rejects.toMatchObject({ code: 'AVRO_REGISTRY_NOT_FOUND', message: expect.stringContaining('40401') })
      server.add('flights-value', JSON.stringify(avroSchemaOf(Flight)))
      await format.serialization.open().prepare?.()
      expect(server.requests.every((request) => request === 'POST /subjects/flights-value')).toBe(true)
    }))

  test('fail clearly without a registry, a subject or a sound URL', async () => {
    const nowhere = schemaRegistry({ url: 'http://127.0.0.1:1', subject: 's' })
    await expect(avro(Flight, { framing: nowhere }).serialization.open().prepare?.()).rejects.toMatchObject({ code: 'AVRO_REGISTRY_UNAVAILABLE', message: expect.stringContaining('127.0.0.1:1') })
    await expect(avro(Flight, { framing: schemaRegistry({ url: 'http://127.0.0.1:1' }) }).serialization.open().prepare?.()).rejects.toMatchObject({ code: 'AVRO_OPTION' })
    for (const url of ['registry:8081', '', 'http://me:secret@registry']) expect(() => schemaRegistry({ url })).toThrow(expect.objectContaining({ code: 'AVRO_OPTION' }))
  })
})
