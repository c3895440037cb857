import { clientOn } from './client-on.ts'
import { connectToBroker } from './cluster/connect-to-broker.ts'
import type { KafkaClientFactory } from './kafka-client.ts'

/** The default client: sockets of our own, which log in as kafkajs does. */
export const kafkaJsClient: KafkaClientFactory = clientOn('kafkajs', connectToBroker)
