import { MillraceError, type Logger } from '@millrace/core/spi'
import type { KafkaConnectionOptions } from '../connection-options.ts'
import type { PartitionInfo } from '../kafka-client.ts'
import type { TopicPartition } from '../topic-partition.ts'
import { findCoordinator, type CoordinatorKind } from '../protocol/find-coordinator.ts'
import { metadata, type MetadataResponse } from '../protocol/metadata.ts'
import type { ProtocolMessage } from '../protocol/protocol-message.ts'
import { DEFAULT_REQUEST_TIMEOUT_MS, type BrokerConnection, type ConnectToBroker } from './broker-connection.ts'
import { CONTROL_CHANNEL, createBrokerPool } from './broker-pool.ts'
import { failureOf, kafkaError } from './protocol-errors.ts'
import { retrying, type RetryOptions } from './retrying.ts'

/** Knows the brokers, who leads which partition and who coordinates what. Shared by everything one client does. */
export interface Cluster {
  /** Aborted by `close`. */
  readonly signal: AbortSignal
  readonly requestTimeoutMs: number
  nodeIds(): readonly number[]
  /** Asks any broker about these topics, or about all, and remembers what it says. */
  refresh(topics: readonly string[] | undefined): Promise<MetadataResponse>
  /** As last heard; undefined if never asked for or without a leader. */
  leaderOf(topic: string, partition: number): number | undefined
  partitionsOf(topic: string): readonly PartitionInfo[] | undefined
  /** Forgets who leads it: it is not who we thought. */
  forgetLeader(partition: TopicPartition): void
  /** See BrokerPool. */
  connection(nodeId: number, channel?: string): Promise<BrokerConnection>
  /** Repeats `attempt` while it fails with retryable errors, for as long as the request timeout. */
  retrying<T>(attempt: () => Promise<T>, options?: Partial<RetryOptions>): Promise<T>
  /**
   * Sends to the coordinator of a group or transaction, finding it first, and again if it moved. A retryable error code is
   * repeated; another is returned with the answer.
   */
  askCoordinator<Request, Response>(
    kind: CoordinatorKind,
    key: string,
    message: ProtocolMessage<Request, Response>,
    request: Request,
    errorCodeOf: (response: Response) => number,
    retry?: Partial<RetryOptions>,
  ): Promise<Response>
  closeChannel(channel: string): void
  close(): void
}

export function createCluster(options: KafkaConnectionOptions, logger: Logger, connectToBroker: ConnectToBroker): Cluster {
  const pool = createBrokerPool(options, logger, connectToBroker)
  const controller = new AbortController()
  const partitions = new Map<string, PartitionInfo[]>()
  const coordinators = new Map<string, number>()
  const requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS

  const cluster: Cluster = {
    signal: controller.signal,
    requestTimeoutMs,
    nodeIds: () => pool.nodeIds(),
    async refresh(topics) {
      const answer = await (await pool.any()).send(metadata, topics)
      pool.update(answer.brokers)
      for (const { topic, errorCode, partitions: found } of answer.topics) {
        if (errorCode === 0)
          partitions.set(
            topic,
            found.toSorted((a, b) => a.partition - b.partition),
          )
        else partitions.delete(topic)
      }
      return answer
    },
    leaderOf(topic, partition) {
      const leader = partitions.get(topic)?.find((info) => info.partition === partition)?.leader ?? -1
      return leader < 0 ? undefined : leader
    },
    partitionsOf: (topic) => partitions.get(topic),
    forgetLeader({ topic, partition }) {
      const infos = partitions.get(topic)
      const index = infos?.findIndex((info) => info.partition === partition) ?? -1
      const info = infos?.[index]
      if (infos !== undefined && info !== undefined) infos[index] = { ...info, leader: -1 }
    },
    connection: (nodeId, channel = CONTROL_CHANNEL) => pool.broker(nodeId, channel),
    retrying: (attempt, retry) => retrying({ signal: controller.signal, timeoutMs: requestTimeoutMs, ...retry }, attempt),
    askCoordinator: (kind, key, message, request, errorCodeOf, retry) =>
      cluster.retrying(async () => {
        const id = `${kind} ${key}`
        const nodeId = coordinators.get(id) ?? (await coordinatorOf(kind, key))
        coordinators.set(id, nodeId)
        try {
          const response = await (await pool.broker(nodeId, CONTROL_CHANNEL)).send(message, request)
          const failure = failureOf(errorCodeOf(response))
          if (failure?.retryable) throw kafkaError(failure, `ask the coordinator of ${kind} '${key}' (${message.name})`)
          return response
        } catch (error) {
          // it may have moved; asking again who it is costs little
          coordinators.delete(id)
          throw error
        }
      }, retry),
    closeChannel: (channel) => pool.closeChannel(channel),
    close() {
      controller.abort()
      pool.close()
    },
  }

  async function coordinatorOf(kind: CoordinatorKind, key: string): Promise<number> {
    const { errorCode, broker } = await (await pool.any()).send(findCoordinator, { kind, key })
    const failure = failureOf(errorCode)
    if (failure !== undefined) throw kafkaError(failure, `find the coordinator of ${kind} '${key}'`)
    if (!pool.nodeIds().includes(broker.nodeId)) await cluster.refresh([])
    return broker.nodeId
  }
  return cluster
}

/** A topic that does not exist, or that this user may not see. */
export function unknownTopic(topic: string): MillraceError {
  return new MillraceError('KAFKA_UNKNOWN_TOPIC', `Topic '${topic}' does not exist, or this user may not describe it. Topics are not created by themselves: create it first.`, {
    origin: 'user',
  })
}
