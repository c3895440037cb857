import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { kafkaSource, text } from '@millrace/connector-kafka'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { kafkaJsClient } from '../../connectors/kafka/src/client/kafkajs-client.ts'
import { settledTransactions } from './settled-transactions.ts'
import { silentLogger } from './silent-logger.ts'
import { testTopics } from './source-topics.ts'
import type { TestTopics } from './source-topics.ts'
import { SASL_USER } from '../services/kafka/server-properties.ts'

const broker = inject('kafka')
const ROOT = join(import.meta.dirname, '../..')
let topics: TestTopics

beforeAll(async () => {
  if (broker.available) topics = await testTopics(broker.plain)
})
afterAll(async () => topics?.[Symbol.asyncDispose]())

/** As somebody types it in a project that depends on the connector, which the examples are. */
async function millrace(...args: readonly string[]): Promise<string> {
  const command = ['--conditions=@millrace/source', join(ROOT, 'packages/cli/src/bin.ts'), 'kafka', 'transactions', ...args]
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: join(ROOT, 'examples'), env: { ...process.env, MILLRACE_KAFKA_PASSWORD: SASL_USER.password } })
  return stdout
}

/** What a job leaves that was killed between the flush and the commit of a checkpoint. */
async function leaveOpen(topic: string, transactionalId: string, value: string): Promise<void> {
  const client = kafkaJsClient({ brokers: broker.plain }, { logger: silentLogger })
  const producer = client.createTransactionalProducer({})
  await producer.loadTopics([topic])
  producer.begin(transactionalId, 60_000)
  producer.append(topic, 0, Date.now(), null, Buffer.from(value), [])
  await producer.precommit()
  await client.close()
}

async function committedValues(topic: string): Promise<readonly string[]> {
  const sink = collectingSink<string>()
  const source = kafkaSource({ brokers: broker.plain, topics: topic, format: text(), stoppingOffsets: 'latest' })
  await (await testJob((env) => env.fromSource(source).sinkTo(sink), { clock: createRealClock() })).finish()
  return sink.values
}

describe.skipIf(!broker.available)(`millrace kafka transactions, on Kafka ${broker.version}`, () => {
  test('lists what dead jobs left open, aborts it or commits it', async () => {
    const topic = await topics.create(1)
    const prefix = `cli-${randomUUID()}`
    await leaveOpen(topic, `${prefix}-0`, 'kept')
    await leaveOpen(topic, `${prefix}-1`, 'dropped')

    const sasl = ['--brokers', broker.sasl, '--sasl', 'scram-sha-512', '--user', SASL_USER.username]
    const listed = await millrace('list', ...sasl, '--prefix', prefix)
    expect(listed.split('\n').map((line) => line.split(/ {2,}/)).map(([id, , , state, , timeout, partitions]) => [id, state, timeout, partitions])).toEqual([
      ['TRANSACTIONAL ID', 'STATE', 'TIMEOUT', 'PARTITIONS'],
      [`${prefix}-0`, 'Ongoing', '1 min 0 s', `${topic} 0`],
      [`${prefix}-1`, 'Ongoing', '1 min 0 s', `${topic} 0`],
      ['', undefined, undefined, undefined],
    ])
    expect(await millrace('commit', '--brokers', broker.plain, `${prefix}-0`)).toBe(`${prefix}-0 committed\n`)
    expect(await millrace('abort', '--brokers', broker.plain, '--prefix', prefix)).toBe(`${prefix}-1 aborted\n`)
    expect(await committedValues(topic)).toEqual(['kept'])
    await settledTransactions(broker.plain, prefix)
    expect(await millrace('list', '--brokers', broker.plain, '--prefix', prefix)).toBe('No transaction is open.\n')
    await expect(millrace('commit', '--brokers', broker.plain, `${prefix}-1`)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('KAFKA_COMMIT_FAILED') as string })
  }, 120_000)
})
