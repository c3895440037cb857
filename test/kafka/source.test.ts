import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyAndValue, kafkaSource, raw, text } from '@millrace/connector-kafka'
import type { KafkaSourceOptions } from '@millrace/connector-kafka'
import { memoryCheckpointStorage, types, WatermarkStrategy } from '@millrace/core'
import type { Source } from '@millrace/core/spi'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import type { CollectingSink, TestJob, TestJobOptions } from '@millrace/core/testing'
import { jsonLines } from '@millrace/format-json'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { testTopics } from './source-topics.ts'
import type { TestRecord, TestTopics } from './source-topics.ts'
import { SASL_USER } from '../services/kafka/server-properties.ts'

const broker = inject('kafka')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

function source(topic: string, options: Partial<KafkaSourceOptions<string>> = {}): Source<string> {
  return kafkaSource({ brokers: broker.plain, topics: topic, format: text(), ...options })
}

const bounded = { stoppingOffsets: 'latest' } as const
const everySecond = (records: number, partition = 0): readonly TestRecord[] => Array.from({ length: records }, (_, i) => ({ partition, value: `p${partition}-${i}`, timestamp: 1_700_000_000_000 + i * 1000 }))
const values = (records: readonly TestRecord[]): readonly (string | null)[] => records.map(({ value }) => value)
const checkpoints = (): NonNullable<TestJobOptions['checkpoints']> => ({ interval: '50ms', storage: memoryCheckpointStorage() })

async function start<T>(from: Source<T>, sink: CollectingSink<T>, options: TestJobOptions = {}): Promise<TestJob> {
  return testJob((env) => env.fromSource(from, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { clock: createRealClock(), ...options })
}

async function read<T>(from: Source<T>, options: TestJobOptions = {}): Promise<readonly T[]> {
  const sink = collectingSink<T>()
  await (await start(from, sink, options)).finish()
  return sink.values
}

function metricOf(job: TestJob, name: string): number {
  return job.client.metrics().filter((one) => one.name === name).reduce((sum, { value }) => sum + (value ?? 0), 0)
}

describe.skipIf(!broker.available)(`kafkaSource on Kafka ${broker.version}`, () => {
  test('values, keys, headers, offsets, partitions and timestamps arrive as they were written', async () => {
    const topic = await topics.create(2)
    await topics.write(topic, [
      { partition: 1, key: 'k', value: 'v', timestamp: 123, headers: { trace: 'abc' } },
      { partition: 1, value: null, timestamp: 124 },
      { partition: 1, key: '', value: '', timestamp: 125 },
    ])
    const common = { topic, partition: 1 }
    expect(await read(kafkaSource({ brokers: broker.plain, topics: topic, deserializer: keyAndValue(text(), text()), ...bounded }))).toEqual([
      { ...common, offset: 0, timestamp: 123, key: 'k', value: 'v', headers: [{ name: 'trace', value: new Uint8Array(Buffer.from('abc')) }] },
      { ...common, offset: 1, timestamp: 124, key: null, value: null, headers: [] },
      { ...common, offset: 2, timestamp: 125, key: '', value: '', headers: [] },
    ])
  })

  test('any format of messages reads values, and what it cannot read is a bad record', async () => {
    const topic = await topics.create(1)
    const Order = types.row({ id: types.int() })
    await topics.write(topic, [{ value: '{"id":1}' }, { value: '{"id":' }, { value: '{"id":2}' }])
    const options = { brokers: broker.plain, topics: topic, format: jsonLines(Order), ...bounded }
    expect(await read(kafkaSource({ ...options, onBadRecord: 'skip' }))).toEqual([{ id: 1 }, { id: 2 }])
    await expect(read(kafkaSource(options))).rejects.toMatchObject({ code: expect.stringMatching(/^JSON_/) as string, at: { file: topic, offset: 1 } })
    expect(await read(kafkaSource({ brokers: broker.plain, topics: topic, format: raw(), ...bounded }))).toHaveLength(3)
  })

  test('record timestamps are event times: those of the producer, or of the log if the topic says so', async () => {
    const [created, appended] = [await topics.create(1), await topics.create(1, { config: { 'message.timestamp.type': 'LogAppendTime' } })]
    for (const topic of [created, appended]) await topics.write(topic, everySecond(3))
    const sink = collectingSink<string>()
    await (await start(source(created, bounded), sink)).finish()
    expect(sink.timestamps).toEqual([0, 1, 2].map((i) => 1_700_000_000_000 + i * 1000))
    const before = Date.now()
    const later = collectingSink<string>()
    await (await start(source(appended, bounded), later)).finish()
    for (const timestamp of later.timestamps) expect(Math.abs(timestamp - before)).toBeLessThan(60_000)
  })

  test('watermarks are kept per partition: one that is far ahead makes no record of another late', async () => {
    const topic = await topics.create(2)
    await topics.write(topic, [...everySecond(500, 0), ...everySecond(500, 1).map((record) => ({ ...record, timestamp: (record.timestamp ?? 0) + 10_000_000 }))])
    const sink = collectingSink<number>()
    const job = await testJob(
      (env) =>
        env
          .fromSource(source(topic, bounded), WatermarkStrategy.forMonotonousTimestamps<string>(), { uid: 'source' })
          .process(
            () => ({
              processElement(_value, timestamp, out) {
                out.collect(timestamp)
              },
            }),
            types.long(),
          )
          .uid('late')
          .sinkTo(sink, { uid: 'sink' }),
      { clock: createRealClock() },
    )
    const result = await job.finish()
    expect(result.recordsLate).toBe(0)
    expect(sink.values).toHaveLength(1000)
  })

  test.each<readonly [name: string, options: Partial<KafkaSourceOptions<string>>, first: number]>([
    ['at the beginning', { startingOffsets: 'earliest' }, 0],
    ['at the end', { startingOffsets: 'latest' }, 10],
    ['at a time', { startingOffsets: { timestamp: 1_700_000_000_000 + 3500 } }, 4],
    ['at a time after all records', { startingOffsets: { timestamp: new Date('2100-01-01') } }, 10],
    ['at an offset', { startingOffsets: { offsets: {} } }, 0],
  ])('starts %s', async (_, options, first) => {
    const topic = await topics.create(1)
    await topics.write(topic, everySecond(10))
    expect(await read(source(topic, { ...bounded, ...options }))).toEqual(values(everySecond(10).slice(first)))
  })

  test('ends before a time, an offset, or the offsets of a group', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, everySecond(10))
    const groupId = `group-of-${topic}`
    await topics.commitOffset(groupId, topic, 0, 7)
    expect(await read(source(topic, { stoppingOffsets: { timestamp: 1_700_000_000_000 + 2000 } }))).toEqual(values(everySecond(2)))
    expect(await read(source(topic, { stoppingOffsets: { offsets: { [topic]: { 0: 5 } } } }))).toEqual(values(everySecond(5)))
    expect(await read(source(topic, { stoppingOffsets: 'committed', groupId }))).toEqual(values(everySecond(7)))
    expect(await read(source(topic, { ...bounded, startingOffsets: { committedOr: 'fail' }, groupId }))).toEqual(values(everySecond(10).slice(7)))
  })

  test('an empty topic, and one with empty partitions, end at once when bounded', async () => {
    const topic = await topics.create(4)
    expect(await read(source(topic, bounded), { parallelism: 2 })).toEqual([])
    await topics.write(topic, everySecond(3, 2))
    expect(await read(source(topic, bounded), { parallelism: 2 })).toEqual(values(everySecond(3, 2)))
  })

  test('commits its offsets to the group when checkpoints complete, and is no member of it', async () => {
    const topic = await topics.create(2)
    const groupId = `group-of-${topic}`
    await topics.write(topic, [...everySecond(5, 0), ...everySecond(3, 1)])
    const sink = collectingSink<string>()
    const job = await start(source(topic, { groupId }), sink, { checkpoints: checkpoints() })
    await job.until(() => sink.values.length === 8 && metricOf(job, 'KafkaSourceReader.committedOffset') === 8)
    expect(metricOf(job, 'KafkaSourceReader.commitsFailed')).toBe(0)
    const [committed] = await topics.admin.fetchOffsets({ groupId, topics: [topic] })
    expect(Object.fromEntries((committed?.partitions ?? []).map(({ partition, offset }) => [partition, offset]))).toEqual({ 0: '5', 1: '3' })
    const { groups } = await topics.admin.describeGroups([groupId])
    expect(groups[0]?.members).toEqual([])
    await job.stop()
  })

  test('tells how many records are pending', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, everySecond(2000))
    const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
    const job = await start(source(topic), sink)
    await job.until(() => sink.values.length > 0)
    expect(metricOf(job, 'pendingRecords')).toBe(2000 - metricOf(job, 'KafkaSourceReader.currentOffset'))
    await job.until(() => sink.values.length === 2000)
    expect([metricOf(job, 'pendingRecords'), metricOf(job, 'KafkaSourceReader.records-lag-max')]).toEqual([0, 0])
    expect(metricOf(job, 'numBytesIn')).toBeGreaterThan(2000 * 6)
    await job.stop()
  })

  test('finds partitions and topics that appear later', async () => {
    const prefix = `pattern-${Date.now()}`
    const topic = await topics.create(1, { prefix })
    const sink = collectingSink<string>()
    const job = await start(source(topic, { topics: new RegExp(`^${prefix}-`), startingOffsets: 'latest', discoverEvery: '100ms' }), sink, { parallelism: 2, checkpoints: checkpoints() })
    await job.until(() => job.client.metrics().some(({ name }) => name === 'KafkaSourceReader.currentOffset'))
    await topics.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
    const second = await topics.create(1, { prefix })
    await topics.write(topic, [...everySecond(2, 1), ...everySecond(2, 2)])
    await topics.write(second, everySecond(2, 0))
    await job.until(() => sink.values.length === 6)
    expect(sink.values.toSorted()).toEqual([...values(everySecond(2, 0)), ...values(everySecond(2, 1)), ...values(everySecond(2, 2))])
    await job.stop()
  })

  test('reading committed, aborted records are never seen, and open ones once they are committed', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, [{ value: 'a' }])
    await (await topics.begin(topic, [{ value: 'aborted' }])).abort()
    await topics.write(topic, [{ value: 'b' }])
    await (await topics.begin(topic, [{ value: 'c' }])).commit()
    const open = await topics.begin(topic, [{ value: 'd' }])
    await topics.write(topic, [{ value: 'e' }])
    const toTheEnd = read(source(topic, bounded))
    expect(await read(source(topic, { ...bounded, isolation: 'read_uncommitted' }))).toEqual(['a', 'aborted', 'b', 'c', 'd', 'e'])
    const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
    const job = await start(source(topic), sink)
    await job.until(() => sink.values.length === 3 && metricOf(job, 'pendingRecords') === 0)
    await open.commit()
    await job.until(() => sink.values.length === 5)
    expect(sink.values).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await toTheEnd, 'a bounded read waits for transactions that were open').toEqual(['a', 'b', 'c', 'd', 'e'])
    await job.stop()
  })

  test('a savepoint from before the records that retention deleted cannot be continued in silence', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, everySecond(5))
    await using directory = await mkdtempDisposable(join(tmpdir(), 'millrace-kafka-'))
    const sink = collectingSink<string>()
    const job = await start(source(topic), sink, { checkpoints: checkpoints() })
    await job.until(() => sink.values.length === 5)
    const { savepoint = '' } = await job.stop({ savepoint: join(directory.path, 'savepoint') })
    await topics.write(topic, everySecond(10))
    await topics.deleteRecordsBefore(topic, 0, 9)
    const restoring = { checkpoints: checkpoints(), from: savepoint, restart: { kind: 'none' } } as const
    await expect((await start(source(topic), collectingSink<string>(), restoring)).finish()).rejects.toMatchObject({ code: 'KAFKA_OFFSET_OUT_OF_RANGE', message: expect.stringMatching(/offset 5 on.*9 … 15/) as string })
    const rest = collectingSink<string>()
    const lenient = await start(source(topic, { outOfRange: 'earliest' }), rest, restoring)
    await lenient.until(() => rest.values.length === 6)
    expect(metricOf(lenient, 'KafkaSourceReader.offsetResets')).toBe(1)
    await lenient.stop()
  })

  test('reads through SASL and TLS listeners', async () => {
    const topic = await topics.create(1)
    await topics.write(topic, everySecond(3))
    const secure: readonly Partial<KafkaSourceOptions<string>>[] = [
      { brokers: broker.sasl, sasl: { mechanism: 'scram-sha-256', ...SASL_USER } },
      { brokers: broker.tls, tls: { ca: broker.certificate } },
    ]
    for (const options of secure) expect(await read(source(topic, { ...bounded, ...options }))).toHaveLength(3)
  })

  test('a topic that does not exist, a wrong password and a wrong address are told apart', async () => {
    await expect(read(source('no-such-topic'))).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC', retryable: false })
    const sasl = { mechanism: 'scram-sha-256', username: SASL_USER.username, password: 'wrong-secret' } as const
    const failure: unknown = await read(source('x', { brokers: broker.sasl, sasl })).catch((error: unknown) => error)
    expect(failure).toMatchObject({ code: 'KAFKA_AUTHENTICATION', retryable: false })
    expect(String((failure as Error).stack)).not.toContain('wrong-secret')
    await expect(read(source('x', { brokers: '127.0.0.1:1', requestTimeoutMs: 1000 }))).rejects.toMatchObject({ code: 'KAFKA_UNAVAILABLE', retryable: true, message: expect.stringContaining('127.0.0.1:1') as string })
  })
})
