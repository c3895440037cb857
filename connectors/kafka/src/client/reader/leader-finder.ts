import { MillraceError } from '@millrace/core/spi'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Cluster } from '../cluster/cluster.ts'
import { failureOf } from '../cluster/protocol-errors.ts'
import { backoffMs } from '../cluster/retrying.ts'
import type { KafkaFailure } from '../kafka-failure.ts'
import type { AssignedPartition } from './assigned-partition.ts'

interface Homes {
  /** Partitions to be fetched whose leader is not known. */
  homeless(): readonly AssignedPartition[]
  found(one: AssignedPartition): void
  /** The cluster says so about the topic of these. */
  failed(ones: readonly AssignedPartition[], failure: KafkaFailure): void
  /** No broker answered. */
  unreachable(ones: readonly AssignedPartition[], error: MillraceError): void
  fatal(error: unknown): void
}

/** Asks the cluster who leads partitions until it knows: at once the first time, later and later if that did not help. */
export function leaderFinder(cluster: Cluster, homes: Homes): { start(): void } {
  let running = false

  const run = async (): Promise<void> => {
    for (let homeless = homes.homeless(); homeless.length > 0; homeless = homes.homeless()) {
      const troubles = Math.max(...homeless.map((one) => one.troubles))
      if (troubles > 0) await sleep(backoffMs(troubles), undefined, { signal: cluster.signal })
      const byTopic = Map.groupBy(homeless, ({ topic }) => topic)
      try {
        const { topics } = await cluster.refresh([...byTopic.keys()])
        for (const { topic, errorCode } of topics) settle(byTopic.get(topic) ?? [], failureOf(errorCode))
      } catch (error) {
        if (!MillraceError.is(error) || !error.retryable) throw error
        homes.unreachable(homeless, error)
      }
    }
    running = false
  }

  const settle = (ones: readonly AssignedPartition[], failure: KafkaFailure | undefined): void => {
    if (failure !== undefined) return homes.failed(ones, failure)
    for (const one of ones) one.leader = cluster.leaderOf(one.topic, one.partition)
    const [led, leaderless] = [ones.filter(({ leader }) => leader !== undefined), ones.filter(({ leader }) => leader === undefined)]
    led.forEach(homes.found)
    for (const one of leaderless) homes.failed([one], cluster.partitionsOf(one.topic)?.some(({ partition }) => partition === one.partition) ? NO_LEADER : NO_PARTITION)
  }

  return {
    start() {
      if (running) return
      running = true
      run().catch((error: unknown) => {
        running = false
        if (!cluster.signal.aborted) homes.fatal(error)
      })
    },
  }
}

const NO_PARTITION: KafkaFailure = { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', retryable: true }
const NO_LEADER: KafkaFailure = { code: 5, name: 'LEADER_NOT_AVAILABLE', retryable: true }
