import { clientOn } from './client-on.ts'
import { connectToBroker } from './cluster/broker-connection.ts'
import type { KafkaClientFactory } from './kafka-client.ts'

/** The default client: sockets, TLS and SASL of kafkajs. */
export const kafkaJsClient: KafkaClientFactory = clientOn('kafkajs', connectToBroker)
