import { createTopics } from '../../services/kafka/create-topics.ts'
import { startKafkaBroker } from '../../services/kafka/kafka-broker.ts'
import type { KafkaBroker } from '../../services/kafka/kafka-broker.ts'
import { KAFKA_VERSIONS } from '../../services/kafka/kafka-distribution.ts'
import { runKafkaTool } from '../../services/kafka/run-kafka-tool.ts'

const ADDRESS = 'MILLRACE_BENCH_KAFKA'
export const PARTITIONS = 4
const RECORD_BYTES = 100
/** As a producer with traffic makes them. */
const PRODUCER = ['batch.size=65536', 'linger.ms=5', 'buffer.memory=67108864']

let starting: Promise<KafkaBroker> | undefined

/** One broker for all cases of a run, on the other core; it ends with the process. Workers find its address in the environment. */
function broker(): Promise<KafkaBroker> {
  starting ??= startKafkaBroker(KAFKA_VERSIONS[0]).then((started) => {
    process.env[ADDRESS] = started.plain
    return started
  })
  return starting
}

/** In a worker. */
export function brokerAddress(): string {
  const address = process.env[ADDRESS]
  if (address === undefined) throw new Error(`${ADDRESS} is not set: run the case with npm run bench -- kafka`)
  return address
}

/** A topic with so many records of 100 bytes, written by Kafka's own producer, and their number in its name. */
export function filledTopic(records: number): string {
  return `filled-${records}`
}

/** Starts the broker and fills topics. */
export async function provideFilledTopics(...counts: readonly number[]): Promise<() => Promise<void>> {
  const { plain, version, stop } = await broker()
  for (const records of counts) {
    const [existing] = await createTopics(plain, PARTITIONS, [filledTopic(records)])
    if (existing !== undefined) continue
    const size = ['--num-records', String(records), '--record-size', String(RECORD_BYTES), '--throughput', '-1']
    await runKafkaTool(version, 'org.apache.kafka.tools.ProducerPerformance', ['--topic', filledTopic(records), ...size, '--producer-props', `bootstrap.servers=${plain}`, ...PRODUCER])
  }
  return stop
}

export async function provideBroker(): Promise<() => Promise<void>> {
  return (await broker()).stop
}
