import { randomUUID } from 'node:crypto'
import { deadLetterRecords, kafkaSink, kafkaSource, keyAndValue, text, valueOnly } from '@millrace/connector-kafka'
import { type Infer, memoryCheckpointStorage, types } from '@millrace/core'
import type { BadRecord, Sink, Source } from '@millrace/core/spi'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { avro, schemaRegistry } from '@millrace/format-avro'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { RegistryServer } from '../../formats/avro/test/registry-server.ts'
import { testTopics } from './source-topics.ts'
import type { TestTopics } from './source-topics.ts'

const broker = inject('kafka')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

const Flight = types.row({ id: types.long(), origin: types.string(), delay: types.int().nullable() })
interface Flight extends Infer<typeof Flight> {}
const flights: readonly Flight[] = Array.from({ length: 50 }, (_, id) => ({ id, origin: `O${id % 7}`, delay: id % 3 === 0 ? null : id }))

async function run<T>(source: Source<T>, sink: Sink<T>): Promise<void> {
  const job = await testJob((env) => env.fromSource(source, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), {
    clock: createRealClock(),
    checkpoints: { interval: '50ms', storage: memoryCheckpointStorage() },
  })
  await job.finish()
}

async function write<T>(values: readonly T[], sink: Sink<T>): Promise<void> {
  const job = await testJob((env) => env.fromData(values).sinkTo(sink), { clock: createRealClock() })
  await job.finish()
}

async function read<T>(source: Source<T>): Promise<readonly T[]> {
  const sink = collectingSink<T>()
  await run(source, sink)
  return sink.values
}

const byId = (a: Flight, b: Flight): number => a.id - b.id

describe.skipIf(!broker.available)(`formats of messages on Kafka ${broker.version}`, () => {
  test.each([
    ['JSON', jsonLines(Flight)],
    ['CSV', csv(Flight)],
    ['Avro', avro(Flight)],
  ])('%s is written and read back', async (_, format) => {
    const topic = await topics.create(3)
    await write(flights, kafkaSink<Flight>({ brokers: broker.plain, topic, format, key: ({ origin }) => origin }))
    const found = await read(kafkaSource({ brokers: broker.plain, topics: topic, format, stoppingOffsets: 'latest' }))
    expect(found.toSorted(byId)).toEqual(flights)
  })

  test('Avro of a schema registry: registered by the sink, fetched by the source, resolved to the schema it reads', async () => {
    const server = new RegistryServer()
    try {
      const topic = await topics.create(2)
      const options = { url: await server.start(), subject: `${topic}-value` }
      await write(flights, kafkaSink<Flight>({ brokers: broker.plain, topic, format: avro(Flight, { name: 'Flight', framing: schemaRegistry(options) }) }))
      expect(server.requests).not.toEqual([])
      // An older reader: one field less, one promoted.
      const Old = types.row({ id: types.double(), origin: types.string() })
      const found = await read(kafkaSource({ brokers: broker.plain, topics: topic, format: avro(Old, { name: 'Flight', framing: schemaRegistry(options) }), stoppingOffsets: 'latest' }))
      expect(found.toSorted((a, b) => a.id - b.id)).toEqual(flights.map(({ id, origin }) => ({ id, origin })))
    } finally {
      await server.close()
    }
  })

  test('records that cannot be read go to a topic of dead letters, with their bytes and where they came from', async () => {
    const [topic, dead] = [await topics.create(1), await topics.create(1)]
    await topics.write(topic, [{ value: '{"id":1,"origin":"TXL","delay":null}' }, { value: '{"id":' }, { value: null }, { value: '{"id":2,"origin":"SFO","delay":5}' }])
    const deadLetter = kafkaSink<BadRecord>({ brokers: broker.plain, serializer: deadLetterRecords(dead), guarantee: 'exactly-once', transactionalIdPrefix: randomUUID() })
    const source = kafkaSource({ brokers: broker.plain, topics: topic, format: jsonLines(Flight), onBadRecord: { deadLetter }, stoppingOffsets: 'latest' })
    expect((await read(source)).map(({ id }) => id)).toEqual([1, 2])

    const letters = await read(kafkaSource({ brokers: broker.plain, topics: dead, deserializer: keyAndValue(text(), text()), stoppingOffsets: 'latest' }))
    const described = letters.map(({ value, headers }) => ({ value, ...Object.fromEntries(headers.map(({ name, value: content }) => [name, Buffer.from(content ?? '').toString()])) }))
    expect(described).toEqual([
      expect.objectContaining({ value: '{"id":', 'millrace.source': topic, 'millrace.partition': '0', 'millrace.offset': '1', 'millrace.code': expect.stringMatching(/^JSON_/) as string }),
      expect.objectContaining({ value: null, 'millrace.offset': '2', 'millrace.code': 'KAFKA_TOMBSTONE' }),
    ])
  })

  test('tombstones are skipped if the job says so', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, [{ value: 'a' }, { value: null }, { value: 'b' }])
    expect(await read(kafkaSource({ brokers: broker.plain, topics: topic, deserializer: valueOnly(text(), { tombstones: 'skip' }), stoppingOffsets: 'latest' }))).toEqual(['a', 'b'])
  })
})
