import type { TestProject } from 'vitest/node'
import { startKafkaBroker, type KafkaEndpoints } from './kafka-broker.ts'
import { KAFKA_VERSIONS, type KafkaVersion, missingForKafka } from './kafka-distribution.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** A running broker, shared by all suites of a run: use topics and ids of your own. Skip your suite if it is not `available`. */
    kafka: KafkaEndpoints & { readonly available: boolean }
  }
}

/** Runs once before the first suite that needs Kafka. What it returns runs after the last. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = await missingForKafka()
  if (missing !== undefined) {
    const message = `No Kafka broker: ${missing}. It takes Java 17 and Maven (and Maven Central the first time), or Docker.`
    if (process.env['MILLRACE_REQUIRE_SERVICES'] === '1') throw new Error(message)
    process.stderr.write(`\n${message} ALL SUITES AGAINST KAFKA ARE SKIPPED.\n\n`)
    project.provide('kafka', { available: false, version: KAFKA_VERSIONS[0], plain: '', sasl: '', tls: '', certificate: '' })
    return undefined
  }
  const { stop, version, plain, sasl, tls, certificate } = await startKafkaBroker(wantedVersion())
  project.provide('kafka', { available: true, version, plain, sasl, tls, certificate })
  return stop
}

/** The newest, unless the environment names another: `MILLRACE_KAFKA_VERSION=3.9`. */
function wantedVersion(): KafkaVersion {
  const wanted = process.env['MILLRACE_KAFKA_VERSION'] ?? ''
  const version = KAFKA_VERSIONS.find((one) => one.startsWith(wanted))
  if (version === undefined) throw new Error(`MILLRACE_KAFKA_VERSION is ${wanted}, and there are ${KAFKA_VERSIONS.join(' and ')}`)
  return version
}
