import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryCheckpointStorage, types, WatermarkStrategy } from '@millrace/core'
import type { BadRecord, DeserializationSchema, Source } from '@millrace/core/spi'
import { MillraceError } from '@millrace/core/spi'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import type { CollectingSink, TestJob, TestJobOptions } from '@millrace/core/testing'
import { describe, expect, test } from 'vitest'
import { keyAndValue } from '../../src/records/key-and-value.ts'
import { mapRecord } from '../../src/records/map-record.ts'
import { text } from '../../src/records/simple-formats.ts'
import { kafkaSource } from '../../src/source/kafka-source.ts'
import type { KafkaSourceOptions } from '../../src/source/kafka-source.ts'
import { MemoryCluster } from '../support/memory-cluster.ts'

/** Three partitions `in-0` … of `records` records `p0-0` … each, a second apart. */
function clusterWith(records: number, partitions = 3): MemoryCluster {
  const cluster = new MemoryCluster()
  cluster.createTopic('in', partitions)
  for (let partition = 0; partition < partitions; partition++) {
    for (let i = 0; i < records; i++) cluster.append('in', partition, `p${partition}-${i}`, { timestamp: i * 1000 })
  }
  return cluster
}

function source(cluster: MemoryCluster, options: Partial<KafkaSourceOptions<string>> = {}): Source<string> {
  return kafkaSource({ brokers: 'memory', client: cluster.client, topics: 'in', format: text(), ...options })
}

const bounded = { stoppingOffsets: 'latest' } as const

async function start<T>(from: Source<T>, sink: CollectingSink<T>, options: TestJobOptions = {}): Promise<TestJob> {
  return testJob((env) => env.fromSource(from, undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { clock: createRealClock(), ...options })
}

async function read<T>(from: Source<T>, options: TestJobOptions = {}): Promise<readonly T[]> {
  const sink = collectingSink<T>()
  await (await start(from, sink, options)).finish()
  return sink.values
}

const sorted = (values: readonly string[]): readonly string[] => values.toSorted()
const recordsOf = (partition: number, from: number, to: number): readonly string[] => Array.from({ length: to - from }, (_, i) => `p${partition}-${from + i}`)
const checkpoints = (): NonNullable<TestJobOptions['checkpoints']> => ({ interval: '10ms', storage: memoryCheckpointStorage() })

describe('where reading starts', () => {
  test.each<readonly [name: string, options: Partial<KafkaSourceOptions<string>>, first: readonly number[]]>([
    ['at the beginning', { startingOffsets: 'earliest' }, [0, 0, 0]],
    ['at the end', { startingOffsets: 'latest' }, [10, 10, 10]],
    ['at a time', { startingOffsets: { timestamp: 6500 } }, [7, 7, 7]],
    ['at a time after all records: the end', { startingOffsets: { timestamp: new Date(99_000) } }, [10, 10, 10]],
    ['where the group is, or at the beginning', { groupId: 'g', startingOffsets: { committedOr: 'earliest' } }, [4, 0, 0]],
    ['where the group is, or at the end', { groupId: 'g', startingOffsets: { committedOr: 'latest' } }, [4, 10, 10]],
    ['at given offsets, the others at the beginning', { startingOffsets: { offsets: { in: { 1: 8 } } } }, [0, 8, 0]],
    ['at given offsets, the others at the end', { startingOffsets: { offsets: { in: { 1: 8 } }, orElse: 'latest' } }, [10, 8, 10]],
  ])('%s', async (_, options, first) => {
    const cluster = clusterWith(10)
    cluster.groups.set('g', new Map([['in-0', 4]]))
    expect(sorted(await read(source(cluster, { ...bounded, ...options })))).toEqual(sorted(first.flatMap((from, partition) => recordsOf(partition, from, 10))))
  })

  test('nowhere, if a partition has no offset and nothing may take its place', async () => {
    const cluster = clusterWith(10)
    cluster.groups.set('g', new Map([['in-0', 4]]))
    for (const startingOffsets of [{ committedOr: 'fail' }, { offsets: { in: { 0: 1 } }, orElse: 'fail' }] as const) {
      await expect(read(source(cluster, { ...bounded, groupId: 'g', startingOffsets }))).rejects.toMatchObject({ code: 'KAFKA_NO_OFFSET', message: expect.stringContaining('in-1, in-2') as string })
    }
  })
})

describe('where a bounded read ends', () => {
  test.each<readonly [name: string, options: Partial<KafkaSourceOptions<string>>, end: readonly number[]]>([
    ['before the end of each partition at the start', { stoppingOffsets: 'latest' }, [10, 10, 10]],
    ['before a time', { stoppingOffsets: { timestamp: 3000 } }, [3, 3, 3]],
    ['before what a group has committed', { stoppingOffsets: 'committed', groupId: 'g' }, [4, 1, 0]],
    ['before given offsets', { stoppingOffsets: { offsets: { in: { 0: 2, 1: 0, 2: 10 } } } }, [2, 0, 10]],
  ])('%s', async (_, options, end) => {
    const cluster = clusterWith(10)
    cluster.groups.set('g', new Map([['in-0', 4], ['in-1', 1], ['in-2', 0]]))
    expect(sorted(await read(source(cluster, options), { parallelism: 2 }))).toEqual(sorted(end.flatMap((to, partition) => recordsOf(partition, 0, to))))
  })

  test('also when it lies behind markers and records that were compacted away', async () => {
    const cluster = clusterWith(10)
    cluster.skip('in', 1, 5)
    expect(await read(source(cluster, bounded))).toHaveLength(30)
  })

  test('at once, if all partitions are empty', async () => {
    expect(await read(source(clusterWith(0), bounded), { parallelism: 2 })).toEqual([])
  })

  test('nowhere, if a partition has no stopping offset', async () => {
    await expect(read(source(clusterWith(1), { stoppingOffsets: { offsets: { in: { 0: 1 } } } }))).rejects.toMatchObject({ code: 'KAFKA_NO_OFFSET' })
  })
})

describe('what is read', () => {
  test('topics by name, by pattern, or single partitions', async () => {
    const cluster = clusterWith(2)
    cluster.createTopic('other', 1)
    cluster.append('other', 0, 'other')
    expect(await read(source(cluster, { ...bounded, topics: ['other', 'in'] }))).toHaveLength(7)
    expect(await read(kafkaSource({ brokers: 'memory', client: cluster.client, topics: /^oth/g, format: text(), ...bounded }))).toEqual(['other'])
    const { client } = cluster
    expect(await read(kafkaSource({ brokers: 'memory', client, partitions: [{ topic: 'in', partition: 2 }], format: text(), ...bounded }))).toEqual(['p2-0', 'p2-1'])
  })

  test('a topic or partition that is not there is an error, since a job that waits for a misspelt one would wait for ever', async () => {
    const cluster = clusterWith(1)
    const { client } = cluster
    await expect(read(source(cluster, { topics: ['in', 'inn'] }))).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC', message: expect.stringContaining('inn') as string })
    await expect(read(kafkaSource({ brokers: 'memory', client, partitions: [{ topic: 'in', partition: 3 }], format: text() }))).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC', message: expect.stringContaining('in-3') as string })
    await expect(read(source(cluster, { topics: /nothing/, ...bounded }))).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC' })
    expect(cluster.openClients).toBe(0)
  })

  test('keys, headers, offsets, with a deserializer for whole records', async () => {
    const cluster = new MemoryCluster()
    cluster.createTopic('in', 1)
    cluster.append('in', 0, 'v', { key: Buffer.from('k'), timestamp: 5, headers: [['h', Buffer.from('x')]] })
    cluster.append('in', 0, null)
    const { client } = cluster
    const rows = await read(kafkaSource({ brokers: 'memory', client, topics: 'in', deserializer: keyAndValue(text(), text()), ...bounded }))
    const common = { topic: 'in', partition: 0 }
    expect(rows).toEqual([
      { ...common, offset: 0, timestamp: 5, key: 'k', value: 'v', headers: [{ name: 'h', value: new Uint8Array([120]) }] },
      { ...common, offset: 1, timestamp: 0, key: null, value: null, headers: [] },
    ])
  })

  test('record timestamps are event times', async () => {
    const sink = collectingSink<string>()
    const cluster = clusterWith(3, 1)
    cluster.append('in', 0, 'no time', { timestamp: -1 })
    await (await start(source(cluster, bounded), sink)).finish()
    expect(sink.timestamps.slice(0, 3)).toEqual([0, 1000, 2000])
    expect(sink.timestamps[3]).toBeLessThan(-1)
  })

  test('schemas are fetched once a batch, before its first record, and records wait for them', async () => {
    const batches: string[][] = []
    const fetching: DeserializationSchema<string> = {
      name: 'fetching',
      open() {
        let ready = new Set<string>()
        return {
          async prepare(messages) {
            const batch = Array.from(messages, (message) => Buffer.from(message).toString())
            await new Promise((resolve) => setTimeout(resolve, 1))
            batches.push(batch)
            ready = new Set(batch)
          },
          deserialize(bytes, output) {
            const message = Buffer.from(bytes).toString()
            if (!ready.has(message)) throw new MillraceError('TEST_NOT_READY', message, { origin: 'engine' })
            output.collect(message)
          },
        }
      },
    }
    expect(await read(source(clusterWith(20), { ...bounded, format: fetching }))).toHaveLength(60)
    expect(batches.flat()).toHaveLength(60)
    expect(batches.length).toBeGreaterThan(3)
  })

  test('schemas that cannot be fetched fail the job', async () => {
    const failing: DeserializationSchema<string> = {
      ...text().deserialization,
      open: () => ({ ...text().deserialization.open(), prepare: async () => Promise.reject(new MillraceError('TEST_REGISTRY', 'gone', { origin: 'external' })) }),
    }
    await expect(read(source(clusterWith(1), { ...bounded, format: failing }))).rejects.toMatchObject({ code: 'TEST_REGISTRY' })
  })
})

describe('bad records', () => {
  const picky = mapRecord(({ value, offset }) => {
    if (offset === 3) throw new TypeError('three is bad')
    return Buffer.from(value ?? '').toString()
  }, types.string())
  const reading = (cluster: MemoryCluster, options: Partial<KafkaSourceOptions<string>>): Source<string> =>
    kafkaSource({ brokers: 'memory', client: cluster.client, topics: 'in', deserializer: picky, ...bounded, ...options })

  test('fail the job, with their place', async () => {
    await expect(read(reading(clusterWith(5, 1), {}))).rejects.toMatchObject({ code: 'KAFKA_DESERIALIZE', message: expect.stringMatching(/three is bad.*in, partition 0, offset 3/) as string })
  })

  test('are skipped, or go to a dead-letter sink with all that is known of them', async () => {
    expect(await read(reading(clusterWith(5, 1), { onBadRecord: 'skip' }))).toEqual(['p0-0', 'p0-1', 'p0-2', 'p0-4'])
    const deadLetter = collectingSink<BadRecord>({ name: 'dead' })
    await read(reading(clusterWith(5, 1), { onBadRecord: { deadLetter } }))
    expect(deadLetter.values).toEqual([{ raw: new Uint8Array(Buffer.from('p0-3')), source: 'in', partition: '0', offset: 3, line: null, field: null, code: 'KAFKA_DESERIALIZE', reason: 'three is bad' }])
  })

  test('are not blamed for what a later operator throws', async () => {
    const sink = collectingSink<string>()
    const job = await testJob(
      (env) =>
        env
          .fromSource(source(clusterWith(2, 1), { ...bounded, onBadRecord: 'skip' }), undefined, { uid: 'source' })
          .map((): string => {
            throw new RangeError('a fault of the job')
          }, types.string())
          .sinkTo(sink, { uid: 'sink' }),
      { clock: createRealClock() },
    )
    await expect(job.finish()).rejects.toMatchObject({ origin: 'user', message: expect.stringContaining('a fault of the job') as string })
  })

  test('emit nothing, however much was made of them before', async () => {
    const cluster = clusterWith(2, 1)
    const thrown = (): never => {
      throw new Error('then it breaks')
    }
    const halfway = { name: 'half', open: () => ({ deserialize: (_: unknown, output: { collect(value: string): void }): void => (output.collect('half'), thrown()) }) }
    const reader = kafkaSource({ brokers: 'memory', client: cluster.client, topics: 'in', deserializer: halfway, ...bounded, onBadRecord: 'skip' })
    expect(await read(reader)).toEqual([])
  })
})

describe('a job that goes on', () => {
  test('finds new partitions and topics, and reads them from their beginning', async () => {
    const cluster = clusterWith(1, 1)
    const sink = collectingSink<string>()
    const job = await start(source(cluster, { topics: /^in/, startingOffsets: 'latest', discoverEvery: '5ms' }), sink, { checkpoints: checkpoints(), parallelism: 2 })
    await job.until(() => job.client.metrics().some(({ name }) => name === 'KafkaSourceReader.currentOffset'))
    cluster.createTopic('in', 2)
    cluster.createTopic('in2', 1)
    cluster.append('in', 1, 'new partition')
    cluster.append('in2', 0, 'new topic')
    await job.until(() => sink.values.length === 2)
    expect(sorted(sink.values)).toEqual(['new partition', 'new topic'])
    await job.stop()
  })

  test('reads on from its savepoint, whatever startingOffsets says, and finds what is new since then', async () => {
    const cluster = clusterWith(5)
    const storage = memoryCheckpointStorage()
    const sink = collectingSink<string>()
    const job = await start(source(cluster), sink, { checkpoints: { interval: '10ms', storage } })
    await job.until(() => sink.values.length === 15)
    await using directory = await mkdtempDisposable(join(tmpdir(), 'millrace-kafka-'))
    const { savepoint } = await job.stop({ savepoint: join(directory.path, 'savepoint') })
    cluster.createTopic('in', 4)
    cluster.append('in', 3, 'p3-0')
    cluster.append('in', 0, 'p0-5')
    const second = collectingSink<string>()
    const restored = await start(source(cluster, { startingOffsets: 'latest' }), second, { checkpoints: { interval: '10ms', storage }, from: savepoint ?? '', parallelism: 2 })
    await restored.until(() => second.values.length === 2)
    expect(sorted(second.values)).toEqual(['p0-5', 'p3-0'])
    await restored.stop()
  })

  test('leaves out partitions that are not subscribed to any more, so that they hold no event time back', async () => {
    const cluster = clusterWith(5, 1)
    cluster.createTopic('gone', 1)
    const storage = memoryCheckpointStorage()
    const run = async (topics: readonly string[], sink: CollectingSink<string>, from?: string): Promise<TestJob> =>
      testJob(
        (env) => env.fromSource(source(cluster, { topics }), WatermarkStrategy.forMonotonousTimestamps<string>().withIdleness('1h'), { uid: 'source' }).sinkTo(sink, { uid: 'sink' }),
        { clock: createRealClock(), checkpoints: { interval: '10ms', storage }, ...(from === undefined ? {} : { from }) },
      )
    const watermark = (job: TestJob): number => job.client.metrics().find(({ name, labels }) => name === 'currentOutputWatermark' && labels['uid'] === 'source')?.value ?? Number.NaN
    const first = collectingSink<string>()
    const job = await run(['in', 'gone'], first)
    await job.until(() => first.values.length === 5)
    expect(watermark(job), 'the empty topic holds it back').toBeLessThan(0)
    await using directory = await mkdtempDisposable(join(tmpdir(), 'millrace-kafka-'))
    const { savepoint = '' } = await job.stop({ savepoint: join(directory.path, 'savepoint') })
    const second = collectingSink<string>()
    const restored = await run(['in'], second, savepoint)
    cluster.append('gone', 0, 'not read')
    cluster.append('in', 0, 'p0-5', { timestamp: 9000 })
    await restored.until(() => watermark(restored) === 8999 && second.values.length === 1)
    expect(second.values).toEqual(['p0-5'])
    await restored.stop()
  })

  test('commits its offsets to the group after checkpoints, and goes on when that fails', async () => {
    const cluster = clusterWith(5)
    const sink = collectingSink<string>()
    cluster.commitError = new Error('no coordinator')
    const job = await start(source(cluster, { groupId: 'watched' }), sink, { checkpoints: checkpoints() })
    const metric = (name: string): number => job.client.metrics().filter((one) => one.name === `KafkaSourceReader.${name}`).reduce((sum, { value }) => sum + (value ?? 0), 0)
    await job.until(() => sink.values.length === 15 && metric('commitsFailed') > 0)
    expect(cluster.groups.get('watched')).toBeUndefined()
    cluster.commitError = undefined
    await job.until(() => metric('commitsSucceeded') > 0 && metric('committedOffset') === 15)
    expect(Object.fromEntries(cluster.groups.get('watched') ?? [])).toEqual({ 'in-0': 5, 'in-1': 5, 'in-2': 5 })
    expect(metric('currentOffset')).toBe(15)
    expect(job.client.metrics().find(({ name }) => name === 'pendingRecords')?.value).toBe(0)
    await job.stop()
  })

  test('commits nothing when told not to', async () => {
    const cluster = clusterWith(5)
    const sink = collectingSink<string>()
    const job = await start(source(cluster, { groupId: 'watched', commitOffsets: false }), sink, { checkpoints: checkpoints() })
    await job.until(() => sink.values.length === 15)
    await job.stop()
    expect(cluster.groups.size).toBe(0)
  })

  test('keeps back partitions that are ahead of their alignment group', async () => {
    const cluster = clusterWith(3000, 1)
    cluster.createTopic('slow', 1)
    cluster.append('slow', 0, 'slow-0', { timestamp: 0 })
    const sink = collectingSink<string>({ guarantee: 'atLeastOnce' })
    const strategy = WatermarkStrategy.forMonotonousTimestamps<string>().withWatermarkAlignment('g', '5s', '1ms')
    const job = await testJob((env) => env.fromSource(source(cluster, { topics: ['in', 'slow'] }), strategy, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }), { clock: createRealClock() })
    await job.until(() => sink.values.includes('slow-0') && sink.values.length > 1)
    let turns = 0
    await job.until(() => ++turns > 100)
    expect(sink.values.length, 'read while the other waits').toBeLessThan(2500)
    cluster.append('slow', 0, 'slow-1', { timestamp: 9_000_000 })
    await job.until(() => sink.values.length === 3002)
    expect(sink.values.filter((value) => value.startsWith('p0'))).toEqual(recordsOf(0, 0, 3000))
    await job.stop()
  })
})

describe('records that retention deleted before they were read', () => {
  const lossy = (): MemoryCluster => {
    const cluster = clusterWith(10, 1)
    cluster.deleteBefore('in', 0, 6)
    return cluster
  }
  const startingOffsets = { offsets: { in: { 0: 2 } } }

  test('fail the job, with what was expected and what there is', async () => {
    await expect(read(source(lossy(), { ...bounded, startingOffsets }))).rejects.toMatchObject({
      code: 'KAFKA_OFFSET_OUT_OF_RANGE',
      message: expect.stringMatching(/in-0 from offset 2 on.*6 … 10.*outOfRange/) as string,
    })
  })

  test('are passed over if the job says so', async () => {
    expect(await read(source(lossy(), { ...bounded, startingOffsets, outOfRange: 'earliest' }))).toEqual(recordsOf(0, 6, 10))
    expect(await read(source(lossy(), { ...bounded, startingOffsets, outOfRange: 'latest' }))).toEqual([])
  })
})

describe('options', () => {
  const valid: KafkaSourceOptions<string> = { brokers: 'memory', topics: 'in', format: text() }
  test.each<readonly [name: string, options: KafkaSourceOptions<string>]>([
    ['no topics', { brokers: 'memory', format: text() }],
    ['topics and partitions', { ...valid, partitions: [{ topic: 'in', partition: 0 }] }],
    ['an empty list of topics', { ...valid, topics: [] }],
    ['a partition below zero', { brokers: 'memory', format: text(), partitions: [{ topic: 'in', partition: -1 }] }],
    ['no format', { brokers: 'memory', topics: 'in' }],
    ['a format and a deserializer', { ...valid, deserializer: mapRecord(() => '') }],
    ['committed offsets of no group', { ...valid, startingOffsets: { committedOr: 'latest' } }],
    ['an end by committed offsets of no group', { ...valid, stoppingOffsets: 'committed' }],
    ['an unknown start', { ...valid, startingOffsets: 'first' as never }],
    ['an offset below zero', { ...valid, startingOffsets: { offsets: { in: { 0: -1 } } } }],
    ['a time that is none', { ...valid, startingOffsets: { timestamp: new Date('x') } }],
    ['an unknown isolation', { ...valid, isolation: 'serializable' as never }],
    ['an unknown policy', { ...valid, outOfRange: 'skip' as never }],
    ['discovery without pause', { ...valid, discoverEvery: '0ms' }],
    ['commits to no group', { ...valid, commitOffsets: true }],
    ['an empty group', { ...valid, groupId: '' }],
  ])('%s', (_, options) => {
    expect(() => kafkaSource(options)).toThrow(expect.objectContaining({ code: 'KAFKA_OPTION', origin: 'user' }))
  })

  test('what explain shows has no secrets', () => {
    const { description } = kafkaSource({ ...valid, brokers: ['a:1', 'b:2'], sasl: { mechanism: 'plain', username: 'u', password: 'hidden' }, startingOffsets: { timestamp: 0 } })
    expect(description).toEqual({ brokers: 'a:1, b:2', topics: 'in', format: 'text', startingOffsets: 'from 1970-01-01T00:00:00.000Z', stoppingOffsets: null, isolation: 'read_committed', groupId: null, outOfRange: 'fail' })
  })
})
