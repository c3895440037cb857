import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaSink, kafkaSource, raw } from '@millrace/connector-kafka'
import { defineJob, memoryCheckpointStorage, silentLogger, submit, types } from '@millrace/core'
import { kafkaJsClient } from '../../../connectors/kafka/src/client/kafkajs-client.ts'
import type { KafkaClient } from '../../../connectors/kafka/src/client/kafka-client.ts'
import { createTopics } from '../../services/kafka/create-topics.ts'
import { brokerAddress, PARTITIONS } from './broker.ts'

const RECORDS_PER_MS = 10
const WARM_UP_MS = 3_000
const MEASURED_MS = 7_000
const VALUE_BYTES = 100

/** The 99th percentile in milliseconds; everything but the broker runs in this process. */
export async function measureLatency(throughJob: boolean): Promise<number> {
  const [from, to] = [`from-${randomUUID()}`, `to-${randomUUID()}`]
  const brokers = brokerAddress()
  await createTopics(brokers, PARTITIONS, [from, to])
  const client = kafkaJsClient({ brokers }, { logger: silentLogger })
  await client.connect()
  const job = throughJob ? await submit(copyJob(brokers, from, to), { logger: silentLogger, checkpoints: { interval: '1s', storage: memoryCheckpointStorage() } }) : undefined
  try {
    const receiving = receive(client, throughJob ? to : from)
    await send(client, from)
    return percentile(await receiving, 0.99)
  } finally {
    await job?.cancel()
    await client.close()
  }
}

function copyJob(brokers: string, from: string, to: string): ReturnType<typeof defineJob> {
  return defineJob({
    name: 'copy',
    build(env) {
      env
        .fromSource(kafkaSource({ brokers, topics: from, format: raw() }), undefined, { uid: 'from' })
        .map((value) => value, types.bytes())
        .uid('map')
        .sinkTo(kafkaSink<Uint8Array>({ brokers, topic: to, format: raw() }), { uid: 'to' })
    },
  })
}

/** Each value begins with the time at which it was handed to the producer. */
async function send(client: KafkaClient, topic: string): Promise<void> {
  const producer = client.createProducer({ lingerMs: 1 })
  await producer.loadTopics([topic])
  const startMs = performance.now()
  for (let sent = 0; ; await sleep(1)) {
    const passedMs = performance.now() - startMs
    if (passedMs > WARM_UP_MS + MEASURED_MS) break
    for (; sent < passedMs * RECORDS_PER_MS; sent++) {
      const value = Buffer.alloc(VALUE_BYTES)
      value.writeDoubleBE(performance.now())
      producer.append(topic, sent % PARTITIONS, Date.now(), null, value, [])
    }
  }
  await producer.flush()
}

/** How long each record took that came after the warm-up, until none comes any more. */
async function receive(client: KafkaClient, topic: string): Promise<readonly number[]> {
  const reader = client.createReader({ isolation: 'read_committed' })
  reader.assign(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition, offset: 0 })))
  const startMs = performance.now()
  const endMs = startMs + WARM_UP_MS + MEASURED_MS + 1000
  const latencies: number[] = []
  while (performance.now() < endMs) {
    for (let fetched = reader.take(); fetched !== undefined; fetched = reader.take()) {
      const nowMs = performance.now()
      while (fetched.records.next()) {
        const sentMs = Buffer.from(fetched.records.value ?? '').readDoubleBE()
        if (sentMs - startMs > WARM_UP_MS) latencies.push(nowMs - sentMs)
      }
    }
    await reader.available(AbortSignal.timeout(100))
  }
  return latencies
}

function percentile(values: readonly number[], share: number): number {
  if (values.length < MEASURED_MS * RECORDS_PER_MS * 0.9) throw new Error(`expected about ${MEASURED_MS * RECORDS_PER_MS} records, found ${values.length}`)
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
}
