import { setTimeout as sleep } from 'node:timers/promises'
import { randomUUID } from 'node:crypto'
import { describe, expect, inject, test } from 'vitest'
import { clientFixture } from './client-fixture.ts'
import { settledTransactions } from './settled-transactions.ts'

const broker = inject('kafka')
const fixture = clientFixture()
const text = (value: string): Buffer => Buffer.from(value)

describe.skipIf(!broker.available)(`transactions on Kafka ${broker.version}`, () => {
  test('are seen when they are committed, by whoever does it, and only once', async () => {
    const topic = await fixture.topic(2)
    const id = randomUUID()
    const first = await fixture.client()
    const producer = first.createTransactionalProducer({})
    await producer.loadTopics([topic])
    producer.begin(id, 60_000)
    for (let index = 0; index < 10; index++) producer.append(topic, index % 2, 1, null, text(`v${index}`), [])
    const committable = await producer.precommit()
    await first.close()
    if (committable === undefined) throw new Error('expected something to commit')

    expect(await fixture.valuesOf(topic)).toEqual([])
    expect(await settledTransactions(broker.plain, id)).toMatchObject([{ state: 'Ongoing', ...committable }])
    for (let times = 0; times < 3; times++) expect(await (await fixture.client()).transactions().commit(committable)).toBe('committed')
    expect(await settledTransactions(broker.plain, id)).toEqual([])
    expect(await fixture.valuesOf(topic)).toHaveLength(10)
  })

  test('without records leave no trace', async () => {
    const one = await fixture.client()
    const producer = one.createTransactionalProducer({})
    const id = randomUUID()
    producer.begin(id, 60_000)
    expect(await producer.precommit()).toBeUndefined()
    expect(await one.transactions().initialize(id, 60_000)).toMatchObject({ epoch: 0 })
  })

  test('that were aborted, taken over, or never were cannot be committed', async () => {
    const topic = await fixture.topic(1)
    const one = await fixture.client()
    const producer = one.createTransactionalProducer({})
    await producer.loadTopics([topic])
    const id = randomUUID()
    producer.begin(id, 60_000)
    producer.append(topic, 0, 1, null, text('aborted'), [])
    const committable = await producer.precommit()
    if (committable === undefined) throw new Error('expected something to commit')
    const transactions = one.transactions()
    const { epoch } = await transactions.initialize(id, 60_000)
    expect(epoch).toBeGreaterThan(committable.epoch)
    expect(await transactions.commit(committable)).toBe('fenced')
    expect(await transactions.commit({ ...committable, epoch })).toBe('invalid-state')
    expect(await transactions.commit({ ...committable, transactionalId: randomUUID() })).toBe('unknown-producer')
    await settledTransactions(broker.plain, id)
    expect(await fixture.valuesOf(topic)).toEqual([])
  })

  test('that time out are aborted by the broker and cannot be committed', async () => {
    const topic = await fixture.topic(1)
    const one = await fixture.client()
    const producer = one.createTransactionalProducer({})
    await producer.loadTopics([topic])
    const id = randomUUID()
    producer.begin(id, 500)
    producer.append(topic, 0, 1, null, text('too late'), [])
    const committable = await producer.precommit()
    if (committable === undefined) throw new Error('expected something to commit')
    while ((await settledTransactions(broker.plain, id)).length > 0) await sleep(100)
    expect(await one.transactions().commit(committable)).toBe('fenced')
  })

  test('may not be longer than the broker allows', async () => {
    const refused = (await fixture.client()).transactions().initialize(randomUUID(), 10_000_000)
    await expect(refused).rejects.toMatchObject({ code: 'KAFKA_TRANSACTION_TIMEOUT_TOO_LONG', message: expect.stringContaining('transaction.max.timeout.ms') as string })
  })

  test('of interleaved producers: aborted ones are hidden, whatever their keys', async () => {
    const topic = await fixture.topic(1)
    const one = await fixture.client()
    const producers = [0, 1, 2, 3].map((index) => {
      const producer = one.createTransactionalProducer({ lingerMs: 0 })
      producer.begin(`${topic}-${index}`, 60_000)
      return producer
    })
    const zeros = Buffer.alloc(4)
    for (const producer of producers) await producer.loadTopics([topic])
    for (let round = 0; round < 5; round++) {
      for (const [index, producer] of producers.entries()) {
        producer.append(topic, 0, 1, zeros, text(`p${index}`), [])
        producer.append(topic, 0, 1, null, text(`p${index}`), [])
        await producer.flush()
      }
    }
    // completed in another order than they were begun; 1 and 3 are committed
    await producers[2]?.abort()
    const third = await producers[3]?.precommit()
    await producers[0]?.abort()
    const first = await producers[1]?.precommit()
    for (const committable of [third, first]) if (committable !== undefined) await one.transactions().commit(committable)
    await settledTransactions(broker.plain, topic)
    expect(await fixture.valuesOf(topic, 'read_uncommitted')).toHaveLength(40)
    expect(await fixture.valuesOf(topic)).toEqual(Array.from({ length: 5 }, () => ['p1', 'p1', 'p3', 'p3']).flat())
  })
})
