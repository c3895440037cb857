import { startKafkaContainer } from './kafka-container.ts'
import { hasJavaAndMaven, type KafkaVersion } from './kafka-distribution.ts'
import { startKafkaProcess } from './kafka-process.ts'

/** How clients reach a broker; plain data. */
export interface KafkaEndpoints {
  readonly version: KafkaVersion
  readonly plain: string
  /** Wants SASL, as SASL_USER. */
  readonly sasl: string
  readonly tls: string
  /** PEM, to be trusted by clients of `tls`. */
  readonly certificate: string
}

export interface KafkaBroker extends KafkaEndpoints {
  /** SIGKILL. */
  kill(): Promise<void>
  /** After `kill`, with the same data and ports; resolves when it answers. */
  restart(): Promise<void>
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

/** Starts an Apache Kafka of its own on free loopback ports: from Maven's jars, or in a container where there is only Docker. */
export async function startKafkaBroker(version: KafkaVersion): Promise<KafkaBroker> {
  return (await hasJavaAndMaven()) ? startKafkaProcess(version) : startKafkaContainer(version)
}
