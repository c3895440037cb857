import { kafkaSink, text, toRecords } from '@millrace/connector-kafka'
import type { KafkaClientFactory, KafkaSinkOptions } from '@millrace/connector-kafka'
import { memoryCheckpointStorage, type StreamExecutionEnvironment } from '@millrace/core'
import type { Committer, Sink, SinkWriter } from '@millrace/core/spi'
import { at, createRealClock, end, scriptedSource, testJob, type Script } from '@millrace/core/testing'
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import { readTopic } from './read-topic.ts'
import { settledTransactions } from './settled-transactions.ts'
import { sinkContext } from './sink-context.ts'
import { testTopics, type TestTopics } from './source-topics.ts'

const broker = inject('kafka')
let topics: TestTopics
let topic: string
let prefix: string
const writers: SinkWriter<string>[] = []

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterEach(async () => {
  await Promise.all(writers.splice(0).map(async (writer) => writer.close?.()))
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

async function fresh(partitions = 2): Promise<void> {
  topic = await topics.create(partitions, { prefix: 'sink' })
  prefix = randomUUID()
}

function sink(options: Partial<KafkaSinkOptions<string>> = {}): Sink<string> {
  return kafkaSink<string>({ brokers: broker.plain, topic, format: text(), guarantee: 'exactly-once', transactionalIdPrefix: prefix, ...options })
}

/** Kafka before 3.0 cannot list transactions. */
const withoutListing: KafkaClientFactory = (connection, context) => {
  const client = kafkaJsClient(connection, context)
  return { ...client, transactions: () => ({ ...client.transactions(), listOpen: () => Promise.resolve(undefined) }) }
}

async function openWriter(
  subtask: number,
  parallelism: number,
  firstCheckpointId: number,
  restored: readonly unknown[] = [],
  from: Sink<string> = sink(),
): Promise<SinkWriter<string>> {
  const writer = await from.createWriter(sinkContext(subtask, parallelism, firstCheckpointId), restored)
  writers.push(writer)
  return writer
}

async function writeAll(writer: SinkWriter<string>, ...values: readonly string[]): Promise<void> {
  for (const value of values) writer.write(value, -1)
  await writer.flush(false)
}

async function commit(committables: readonly unknown[], options: Partial<KafkaSinkOptions<string>> = {}): Promise<void> {
  const committer = (await sink(options).createCommitter?.(sinkContext(0, 1, 1))) as Committer<unknown>
  try {
    await committer.commit(committables)
  } finally {
    await committer.close?.()
  }
}

async function committedValues(): Promise<readonly string[]> {
  await settledTransactions(broker.plain, prefix)
  return (await readTopic(broker.plain, topic)).map(({ value }) => String(value)).toSorted()
}

async function run(script: Script<string>, to: Sink<string>): Promise<void> {
  const build = (env: StreamExecutionEnvironment): void => env.fromSource(scriptedSource(script), undefined, { uid: 'source' }).sinkTo(to, { uid: 'sink' })
  await (await testJob(build, { clock: createRealClock(), checkpoints: { interval: '50ms', storage: memoryCheckpointStorage() } })).finish()
}

describe.skipIf(!broker.available)(`kafkaSink on Kafka ${broker.version}`, () => {
  test('writes topic, key, value, headers, time and partition as it is told, and chooses them as Java clients do otherwise', async () => {
    await fresh(3)
    const other = await topics.create(2, { prefix: 'sink' })
    const records = toRecords<string>({
      topic: (value) => (value.startsWith('other') ? other : topic),
      format: text(),
      key: (value) => (value === 'no key' ? null : value),
      headers: (value) => [
        ['length', String(value.length)],
        ['twice', '1'],
        ['twice', null],
      ],
      timestamp: (value) => (value === 'late' ? 5000 : 1_700_000_000_000),
      partition: (value) => (value === 'last' ? 2 : -1),
      tombstone: (value) => value === 'gone',
    })
    await run(['foobar', 'last', 'gone', 'other', 'late', end], kafkaSink({ brokers: broker.plain, serializer: records }))
    const read = await readTopic(broker.plain, topic)
    const byKey = new Map(read.map((record) => [String(record.key), record]))
    expect(byKey.get('foobar')).toMatchObject({ partition: (-790332482 & 0x7fffffff) % 3, timestamp: 1_700_000_000_000 })
    expect(byKey.get('foobar')?.headers.map(([name, value]) => [name, value === null ? null : String(value)])).toEqual([
      ['length', '6'],
      ['twice', '1'],
      ['twice', null],
    ])
    expect(byKey.get('last')).toMatchObject({ partition: 2 })
    expect(byKey.get('gone')).toMatchObject({ value: null })
    expect(byKey.get('late')).toMatchObject({ timestamp: 5000 })
    expect(read).toHaveLength(4)
    expect(await readTopic(broker.plain, other)).toHaveLength(1)
  })

  test('takes the event time, or else the time of writing', async () => {
    await fresh(1)
    await run([at(1234, 'with'), end], sink({ guarantee: 'at-least-once' }))
    await run(['without', end], sink({ guarantee: 'at-least-once' }))
    const [first, second] = await readTopic(broker.plain, topic)
    expect(first?.timestamp).toBe(1234)
    expect(second?.timestamp).toBeGreaterThan(1_700_000_000_000)
  })

  test.for(['none', 'at-least-once'] as const)('with guarantee %s records are there when the job has ended', async (guarantee) => {
    await fresh()
    await run(['a', 'b', 'c', end], sink({ guarantee }))
    expect(await committedValues()).toEqual(['a', 'b', 'c'])
  })

  describe('exactly-once', () => {
    test('commits what a dead process had prepared, and aborts what it had only begun', async () => {
      await fresh()
      const dead = await openWriter(0, 1, 1)
      await writeAll(dead, 'prepared')
      const committables = (await dead.prepareCommit?.(1)) ?? []
      const states = (await dead.snapshotState?.(1)) ?? []
      await writeAll(dead, 'only begun')

      await commit(committables)
      const next = await openWriter(0, 1, 2, states)
      await writeAll(next, 'after the restart')
      await commit((await next.prepareCommit?.(2)) ?? [])
      expect(await committedValues()).toEqual(['after the restart', 'prepared'])
      expect(await settledTransactions(broker.plain, prefix)).toEqual([])
    })

    test('does not commit what a checkpoint holds that was never completed', async () => {
      await fresh()
      const dead = await openWriter(0, 1, 1)
      for (const checkpoint of [1, 2, 3]) {
        await writeAll(dead, `checkpoint ${checkpoint}`)
        await dead.prepareCommit?.(checkpoint)
      }
      expect(await settledTransactions(broker.plain, prefix)).toHaveLength(3)
      await openWriter(0, 1, 1)
      expect(await settledTransactions(broker.plain, prefix)).toEqual([])
      expect(await committedValues()).toEqual([])
    })

    for (const [how, client] of [
      ['listed by the broker', kafkaJsClient],
      ['found by probing', withoutListing],
    ] as const) {
      test.for([
        [4, 1],
        [1, 3],
        [4, 3],
      ] as const)(`open transactions of %i subtasks are aborted by %i after a failure, ${how}`, async ([before, after]) => {
        await fresh()
        for (let subtask = 0; subtask < before; subtask++) {
          const dead = await openWriter(subtask, before, 1)
          // not all subtasks have records, nor in all checkpoints
          if (subtask === 1) continue
          for (const checkpoint of [1, 2]) {
            await writeAll(dead, `${subtask}`)
            await dead.prepareCommit?.(checkpoint)
          }
        }
        for (let subtask = 0; subtask < after; subtask++) {
          const next = await openWriter(subtask, after, 1, [], sink({ client }))
          if (subtask > 0) continue
          await writeAll(next, 'new')
          await commit((await next.prepareCommit?.(1)) ?? [])
        }
        expect(await settledTransactions(broker.plain, prefix)).toEqual([])
        expect(await committedValues()).toEqual(['new'])
      })
    }

    test('leaves what the checkpoint contains alone, whichever subtask it comes to', async () => {
      await fresh()
      const [first, second] = [await openWriter(0, 2, 1), await openWriter(1, 2, 1)]
      await writeAll(first, 'first')
      await writeAll(second, 'second')
      const committables = [...((await first.prepareCommit?.(1)) ?? []), ...((await second.prepareCommit?.(1)) ?? [])]
      const [stateOfFirst, stateOfSecond] = [await first.snapshotState?.(1), await second.snapshotState?.(1)]
      // states and committables are dealt out anew, and writers may open before others commit
      await openWriter(0, 2, 2, stateOfSecond ?? [])
      await openWriter(1, 2, 2, stateOfFirst ?? [])
      await commit(committables)
      expect(await committedValues()).toEqual(['first', 'second'])
    })

    test('fences the writer of an attempt that is believed dead', async () => {
      await fresh(1)
      const zombie = await openWriter(0, 1, 1)
      await writeAll(zombie, 'before')
      await openWriter(0, 1, 1)
      zombie.write('after', -1)
      await expect(zombie.flush(false)).rejects.toMatchObject({ code: 'KAFKA_PRODUCER_FENCED', retryable: true })
      expect(await committedValues()).toEqual([])
    })

    test('a closed writer leaves nothing open that is in no checkpoint', async () => {
      await fresh()
      const writer = await openWriter(0, 1, 1)
      await writeAll(writer, 'canceled')
      await writer.close?.()
      expect(await settledTransactions(broker.plain, prefix)).toEqual([])
    })

    test('without records there is no transaction', async () => {
      await fresh()
      const writer = await openWriter(0, 1, 1)
      for (const checkpoint of [1, 2, 3]) {
        await writer.flush(false)
        expect(await writer.prepareCommit?.(checkpoint)).toEqual([])
      }
      expect(await writer.snapshotState?.(3)).toEqual([{ prefix, subtask: 0, generation: 1, sequence: 0 }])
    })

    test('a transaction that cannot be committed any more fails the job, unless it is to go on', async () => {
      await fresh()
      const writer = await openWriter(0, 1, 1)
      await writeAll(writer, 'lost')
      const committables = (await writer.prepareCommit?.(1)) ?? []
      await openWriter(0, 1, 1)
      await expect(commit(committables)).rejects.toMatchObject({ code: 'KAFKA_TRANSACTION_LOST', retryable: false })
      await commit(committables, { onLostTransaction: 'continue' })
    })
  })

  test('what cannot work is refused at the start', async () => {
    await fresh()
    await expect(run(['a', end], sink({ transactionTimeout: '3h' }))).rejects.toMatchObject({ code: 'KAFKA_TRANSACTION_TIMEOUT_TOO_LONG' })
    await expect(run(['a', end], sink({ topic: 'no-such-topic' }))).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC' })
    // the job takes a checkpoint every 50 ms
    await expect(run(['a', end], sink({ transactionTimeout: '50ms' }))).rejects.toMatchObject({ code: 'KAFKA_OPTION' })
    const { transactionalIdPrefix: _, ...options } = { brokers: broker.plain, topic, format: text(), transactionalIdPrefix: prefix }
    expect(() => kafkaSink<string>({ ...options, guarantee: 'exactly-once' })).toThrow(expect.objectContaining({ code: 'KAFKA_OPTION' }))
    expect(() => sink({ produce: { acks: 'leader' } })).toThrow(expect.objectContaining({ code: 'KAFKA_OPTION' }))
    expect(() => kafkaSink<string>({ brokers: broker.plain, topic })).toThrow(expect.objectContaining({ code: 'KAFKA_OPTION' }))
  })
})
