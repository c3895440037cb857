import { kafkaSink, kafkaSource } from '@millrace/connector-kafka'
import type { Sink, Source, TypeInformation } from '@millrace/core/spi'
import { jsonLines } from '@millrace/format-json'
import { Kafka, logLevel } from 'kafkajs'
import type { KafkaEndpoints } from '../../services/kafka/kafka-broker.ts'

/** Where in Kafka a run reads and writes. Plain data. */
export interface KafkaPlace extends Pick<KafkaEndpoints, 'plain' | 'version'> {
  readonly input: string
  /** Undefined: output goes to files. */
  readonly output: string | undefined
  /** Of the transactions of this run alone. */
  readonly transactionalIdPrefix: string
}

/** A broker that was killed takes its time on a busy machine. */
const REQUEST_TIMEOUT_MS = 120_000
const INPUT_PARTITIONS = 4
const OUTPUT_PARTITIONS = 3
const LINES_PER_REQUEST = 2000

/** Makes the topics of a run and fills the input, with a client that is not ours. */
export async function fillInput({ plain, input, output }: KafkaPlace, lines: readonly string[]): Promise<void> {
  const kafka = new Kafka({ brokers: [plain], logLevel: logLevel.NOTHING, connectionTimeout: 10_000, retry: { retries: 20 } })
  const [admin, producer] = [kafka.admin(), kafka.producer({ idempotent: true })]
  await Promise.all([admin.connect(), producer.connect()])
  const topics = [{ topic: input, numPartitions: INPUT_PARTITIONS }, ...(output === undefined ? [] : [{ topic: output, numPartitions: OUTPUT_PARTITIONS }])]
  // kafkajs gives up waiting for leaders when a broker has not heard of the topic yet; its producer does not
  await admin.createTopics({ topics, waitForLeaders: false })
  for (let from = 0; from < lines.length; from += LINES_PER_REQUEST) {
    const messages = lines.slice(from, from + LINES_PER_REQUEST).map((value, index) => ({ value, partition: index % INPUT_PARTITIONS }))
    await producer.send({ topic: input, messages })
  }
  await Promise.all([admin.disconnect(), producer.disconnect()])
}

export function kafkaInput<T>({ plain, input }: KafkaPlace, type: TypeInformation<T>): Source<T> {
  return kafkaSource({ brokers: plain, requestTimeoutMs: REQUEST_TIMEOUT_MS, topics: input, format: jsonLines(type), stoppingOffsets: 'latest' })
}

export function kafkaOutput<T>({ plain, transactionalIdPrefix }: KafkaPlace, topic: string, type: TypeInformation<T>): Sink<T> {
  return kafkaSink<T>({ brokers: plain, requestTimeoutMs: REQUEST_TIMEOUT_MS, topic, format: jsonLines(type), guarantee: 'exactly-once', transactionalIdPrefix })
}
