import type { ConnectToBroker } from './cluster/broker-connection.ts'
import { createCluster, type Cluster } from './cluster/cluster.ts'
import { commitGroupOffsets, committedGroupOffsets } from './cluster/group-offsets.ts'
import { listPartitionOffsets } from './cluster/list-partition-offsets.ts'
import { failureOf } from './cluster/protocol-errors.ts'
import { transactionCoordinator } from './cluster/transaction-coordinator.ts'
import type { KafkaClient, KafkaClientFactory } from './kafka-client.ts'
import { createProducer } from './producer/create-producer.ts'
import { createTransactionalProducer } from './producer/create-transactional-producer.ts'
import { createPartitionReader } from './reader/create-partition-reader.ts'

/** A client on connections that some library makes; everything above them is our own. */
export function clientOn(name: string, connectToBroker: ConnectToBroker): KafkaClientFactory {
  return (connection, { logger }) => openClient(name, createCluster(connection, logger, connectToBroker))
}

function openClient(name: string, cluster: Cluster): KafkaClient {
  const open = new Set<{ close(): Promise<void> }>()
  const opened = <T extends { close(): Promise<void> }>(resource: T): T => {
    open.add(resource)
    return resource
  }
  return {
    name,
    capabilities: { resumeTransaction: true, listTransactions: true, exactHeaders: true },
    async connect() {
      await cluster.retrying(() => cluster.refresh([]))
    },
    async close() {
      await Promise.all([...open].map((resource) => resource.close()))
      open.clear()
      cluster.close()
    },
    async listTopics() {
      const { topics } = await cluster.retrying(() => cluster.refresh(undefined))
      return topics.filter(({ internal }) => !internal).map(({ topic }) => topic)
    },
    async describeTopics(names) {
      const { topics } = await cluster.retrying(() => cluster.refresh(names))
      return new Map(
        topics.map(({ topic, errorCode, partitions }) => {
          const failure = failureOf(errorCode)
          return [topic, failure === undefined ? { partitions: partitions.toSorted((a, b) => a.partition - b.partition) } : { failure }]
        }),
      )
    },
    listOffsets: (partitions, spec, isolation) => listPartitionOffsets(cluster, partitions, spec, isolation),
    committedOffsets: (groupId, partitions) => committedGroupOffsets(cluster, groupId, partitions),
    commitOffsets: (groupId, offsets) => commitGroupOffsets(cluster, groupId, offsets),
    createReader: (options) => opened(createPartitionReader(cluster, options)),
    createProducer: (options) => opened(createProducer(cluster, options)),
    createTransactionalProducer: (options) => opened(createTransactionalProducer(cluster, options)),
    transactions: () => transactionCoordinator(cluster),
  }
}
