import { MillraceError } from '@millrace/core/spi'
import type { Cluster } from '../cluster/cluster.ts'
import { failureOf, kafkaError } from '../cluster/protocol-errors.ts'
import type { KafkaFailure } from '../kafka-failure.ts'
import type { PartitionReader, ReaderOptions } from '../partition-reader.ts'
import { fetch, type FetchResponse, type PartitionFetch } from '../protocol/fetch.ts'
import { groupByTopic } from '../protocol/protocol-message.ts'
import { FetchedRecords } from '../records/fetched-records.ts'
import { scanBatches } from '../records/scan-batches.ts'
import { topicPartitionKey, type TopicPartition, type TopicPartitionKey } from '../topic-partition.ts'
import { newAssignment, type AssignedPartition } from './assigned-partition.ts'
import { createArrivals } from './arrivals.ts'
import { leaderFinder } from './leader-finder.ts'

const UNKNOWN_TOPIC = 'UNKNOWN_TOPIC_OR_PARTITION'
/** A topic may be new and not yet known to every broker; one that is gone for so long was deleted. */
const UNKNOWN_TOPIC_PATIENCE_MS = 30_000

/** While some partitions are left out for having enough waiting, which may end any moment. */
const CROWDED_WAIT_MS = 20

let readers = 0

export function createPartitionReader(cluster: Cluster, options: ReaderOptions): PartitionReader {
  const { isolation, maxWaitMs = 500, minBytes = 1, maxPartitionBytes = 1 << 20, maxBytes = 8 << 20, maxBufferedPartitionBytes = 2 << 20 } = options
  /** Fetches wait at the broker, so they have connections of their own. */
  const channel = `reader ${++readers}`
  const assigned = new Map<TopicPartitionKey, AssignedPartition>()
  const arrivals = createArrivals()
  /** Brokers that are being asked; one request at a time each. */
  const asked = new Set<number>()
  let turn = 0
  let closed = false

  const isCurrent = (one: AssignedPartition): boolean => !closed && assigned.get(topicPartitionKey(one.topic, one.partition)) === one
  const isWanted = (one: AssignedPartition): boolean => !one.paused && !one.failed && one.waitingBytes < maxBufferedPartitionBytes
  const finder = leaderFinder(cluster, {
    homeless: () => [...assigned.values()].filter((one) => one.leader === undefined && !one.paused && !one.failed),
    found: (one) => fetchSoon(one),
    failed: (ones, failure) => ones.forEach((one) => troubled(one, failure)),
    unreachable: (ones, error) => lost(ones, error),
    fatal: arrivals.fail,
  })

  const fetchSoon = (one: AssignedPartition): void => {
    if (closed || arrivals.failed || !isWanted(one)) return
    if (one.leader === undefined) finder.start()
    else if (!asked.has(one.leader)) void fetchFrom(one.leader)
  }

  /** Asks one broker again and again, as long as partitions that it leads are wanted. Never rejects. */
  const fetchFrom = async (nodeId: number): Promise<void> => {
    asked.add(nodeId)
    for (let wanted = wantedFrom(nodeId); wanted.length > 0; wanted = wantedFrom(nodeId)) {
      // with some left out for now this must not hold the others up when they are wanted again
      const waitMs =
        wanted.length < [...assigned.values()].filter((one) => one.leader === nodeId && !one.paused && !one.failed).length ? Math.min(CROWDED_WAIT_MS, maxWaitMs) : maxWaitMs
      const request = { isolation, maxWaitMs: waitMs, minBytes, maxBytes, maxPartitionBytes, topics: groupByTopic(wanted) }
      try {
        const answer = await (await cluster.connection(nodeId, channel)).send(fetch, request, waitMs)
        accept(wanted, answer)
      } catch (error) {
        if (MillraceError.is(error) && error.retryable) lost(wanted.filter(isCurrent), error)
        else if (!closed) arrivals.fail(error)
        if (closed || arrivals.failed) return
        break
      }
    }
    asked.delete(nodeId)
    // those that were added while the request failed
    for (const one of assigned.values()) if (one.leader === nodeId) fetchSoon(one)
  }

  /** In turns, because a broker fills its answer in the order of the request. */
  const wantedFrom = (nodeId: number): readonly AssignedPartition[] => {
    if (closed || arrivals.failed) return []
    const wanted = [...assigned.values()].filter((one) => one.leader === nodeId && isWanted(one))
    const first = wanted.length === 0 ? 0 : turn++ % wanted.length
    return [...wanted.slice(first), ...wanted.slice(0, first)]
  }

  const accept = (wanted: readonly AssignedPartition[], { errorCode, topics }: FetchResponse): void => {
    const whole = failureOf(errorCode)
    if (whole !== undefined) throw kafkaError(whole, 'fetch records')
    const byKey = new Map(wanted.map((one) => [topicPartitionKey(one.topic, one.partition), one]))
    for (const { topic, partitions } of topics) {
      for (const answer of partitions) {
        const one = byKey.get(topicPartitionKey(topic, answer.partition))
        if (one === undefined || !isCurrent(one)) continue
        const failure = failureOf(answer.errorCode)
        if (failure === undefined) arrived(one, answer)
        else troubled(one, failure)
      }
    }
  }

  const arrived = (one: AssignedPartition, { records: bytes, aborted, highWatermark, lastStableOffset }: PartitionFetch): void => {
    recovered(one)
    const batches = scanBatches(bytes)
    const startOffset = one.position
    const nextOffset = Math.max(startOffset, (batches.at(-1)?.lastOffset ?? -1) + 1)
    const caughtUp = nextOffset >= (isolation === 'read_committed' ? lastStableOffset : highWatermark)
    const isNews = nextOffset > startOffset || (caughtUp && !one.caughtUp)
    one.position = nextOffset
    one.caughtUp = caughtUp
    if (!isNews) return
    one.waitingBytes += bytes.length
    const records = new FetchedRecords({ bytes, batches, startOffset, isolation, aborted })
    arrivals.add(one, { topic: one.topic, partition: one.partition, records, bytes: bytes.length, nextOffset, highWatermark, lastStableOffset, caughtUp })
  }

  /** The broker has something against this partition: somebody else leads it now, it does not exist, we may not read it … */
  const troubled = (one: AssignedPartition, failure: KafkaFailure): void => {
    one.unknownSinceMs = failure.name === UNKNOWN_TOPIC ? (one.unknownSinceMs ?? performance.now()) : undefined
    const patience = one.unknownSinceMs === undefined || performance.now() - one.unknownSinceMs < UNKNOWN_TOPIC_PATIENCE_MS
    const { topic, partition, position } = one
    if (failure.retryable && patience) return lost([one], kafkaError(failure, `read ${topicPartitionKey(topic, partition)}`))
    one.failed = true
    const records = new FetchedRecords({ bytes: Buffer.alloc(0), batches: [], startOffset: position, isolation, aborted: [] })
    arrivals.add(one, { topic, partition, records, bytes: 0, nextOffset: position, highWatermark: -1, lastStableOffset: -1, caughtUp: false, failure })
  }

  const lost = (ones: readonly AssignedPartition[], error: MillraceError): void => {
    for (const one of ones) {
      one.leader = undefined
      one.troubles++
      cluster.forgetLeader(one)
    }
    if (ones.length === 0) return
    options.onRetry?.(error, Math.max(...ones.map(({ troubles }) => troubles)))
    finder.start()
  }

  const recovered = (one: AssignedPartition): void => {
    one.unknownSinceMs = undefined
    if (one.troubles === 0) return
    one.troubles = 0
    if (![...assigned.values()].some(({ troubles }) => troubles > 0)) options.onRecovered?.()
  }

  const each = (partitions: readonly TopicPartition[], change: (one: AssignedPartition) => void): void => {
    for (const { topic, partition } of partitions) {
      const one = assigned.get(topicPartitionKey(topic, partition))
      if (one !== undefined) change(one)
    }
  }

  return {
    assign(partitions) {
      const fresh = partitions.map(({ topic, partition, offset }) => {
        const one = newAssignment(topic, partition, offset)
        one.leader = cluster.leaderOf(topic, partition)
        assigned.set(topicPartitionKey(topic, partition), one)
        return one
      })
      // all of them first: one request asks for all of a broker's
      fresh.forEach(fetchSoon)
    },
    unassign: (partitions) => each(partitions, ({ topic, partition }) => assigned.delete(topicPartitionKey(topic, partition))),
    pause: (partitions) => each(partitions, (one) => (one.paused = true)),
    resume(partitions) {
      each(partitions, (one) => (one.paused = false))
      each(partitions, fetchSoon)
    },
    take() {
      for (let next = arrivals.take(); next !== undefined; next = arrivals.take()) {
        const { one, fetched } = next
        if (!isCurrent(one)) continue
        one.waitingBytes -= fetched.bytes
        fetchSoon(one)
        return fetched
      }
      return undefined
    },
    available: (signal) => arrivals.available(signal),
    close() {
      closed = true
      arrivals.close()
      cluster.closeChannel(channel)
      return Promise.resolve()
    },
  }
}
