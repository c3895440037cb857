import { MillraceError } from '@millrace/core/spi'
import type { Cluster } from '../cluster/cluster.ts'
import { failureOf } from '../cluster/protocol-errors.ts'
import { backoffMs, type RetryOptions } from '../cluster/retrying.ts'
import { produce, type ProduceRequest, type ProduceResponse } from '../protocol/produce.ts'
import { groupByTopic } from '../protocol/protocol-message.ts'
import type { ProducerOptions } from '../record-producer.ts'
import { topicPartitionKey } from '../topic-partition.ts'
import type { ProducerIdAndEpoch } from '../transaction-coordinator-client.ts'
import { batchOutcome } from './batch-outcome.ts'
import type { PartitionQueue, SealedBatch } from './partition-queue.ts'
import { createTroubles } from './troubles.ts'

/** On whose behalf batches are written. */
export interface ProducerSession {
  readonly transactionalId: string | null
  /** Asked when there is something to send; undefined: not idempotent. */
  identify(retry: Partial<RetryOptions>): Promise<ProducerIdAndEpoch | undefined>
  /** Tells the coordinator of partitions before the first batch goes there. */
  enlist?(partitions: readonly PartitionQueue[], retry: Partial<RetryOptions>): Promise<void>
}

interface Sending {
  queues(): Iterable<PartitionQueue>
  released(batch: SealedBatch): void
  fail(error: unknown): void
}

export interface Dispatcher {
  /** Sends what is due, as far as identity, leaders and connections allow; the rest follows by itself. */
  dispatch(): void
  restart(session: ProducerSession): void
  stop(): void
}

const DEFAULT_DELIVERY_TIMEOUT_MS = 120_000
const ACKS = { all: -1, leader: 1, none: 0 } as const
/** Of one broker: the next request is made while the broker works on the last. */
const MAX_REQUESTS_IN_FLIGHT = 2
const MAX_REQUEST_BYTES = 8 << 20

let producers = 0

/** Decides what is sent when: one batch a partition at a time, as many partitions of a broker in a request as are due. */
export function createDispatcher(cluster: Cluster, options: ProducerOptions, firstSession: ProducerSession, sending: Sending): Dispatcher {
  const { compression = 'none', acks = 'all', deliveryTimeoutMs = DEFAULT_DELIVERY_TIMEOUT_MS } = options
  const channel = `producer ${++producers}`
  const requests = new Map<number, number>()
  let session = firstSession
  let identity: { readonly producer: ProducerIdAndEpoch | undefined } | undefined
  /** Steps that are under way: each is taken once at a time. */
  const steps = new Set<string>()
  const troubles = createTroubles(options)
  let stopped = false

  const dispatch = (): void => {
    if (stopped) return
    const due = [...sending.queues()].filter((queue) => queue.due && !queue.inFlight && !queue.isEmpty && !queue.backingOff)
    if (due.length === 0) return
    if (identity === undefined) return step('identify', identify)
    const strangers = session.enlist === undefined ? [] : due.filter(({ enlisted }) => !enlisted)
    if (strangers.length > 0) step('enlist', () => enlist(strangers))
    const byLeader = Map.groupBy(
      due.filter((queue) => !strangers.includes(queue)),
      ({ topic, partition }) => cluster.leaderOf(topic, partition),
    )
    for (const [leader, led] of byLeader) {
      if (leader === undefined) step('find leaders', () => findLeaders(led))
      else if ((requests.get(leader) ?? 0) < MAX_REQUESTS_IN_FLIGHT) void send(leader, led)
    }
  }

  /** Runs one asynchronous step, unless it is under way, and looks again what can be sent. What it could not do in time is final. */
  const step = (name: string, run: () => Promise<void>): void => {
    if (steps.has(name)) return
    steps.add(name)
    const current = session
    run()
      .then(() => troubles.end(name))
      .catch((error: unknown) => {
        if (session === current && !stopped) sending.fail(error)
        // nothing will be sent any more
        if (session === current) stopped = true
      })
      .finally(() => {
        steps.delete(name)
        dispatch()
      })
  }

  const identify = async (): Promise<void> => {
    const current = session
    const producer = await current.identify(troubles.retry('identify', deliveryTimeoutMs))
    if (session === current) identity = { producer }
  }

  const enlist = async (strangers: readonly PartitionQueue[]): Promise<void> => {
    const current = session
    await current.enlist?.(strangers, troubles.retry('enlist', deliveryTimeoutMs))
    if (session === current) for (const queue of strangers) queue.enlisted = true
  }

  const findLeaders = async (homeless: readonly PartitionQueue[]): Promise<void> => {
    const wanted = [...new Set(homeless.map(({ topic }) => topic))]
    const { topics } = await cluster.retrying(() => cluster.refresh(wanted), troubles.retry('find leaders', deliveryTimeoutMs))
    const failures = new Map(topics.map(({ topic, errorCode }) => [topic, failureOf(errorCode)]))
    for (const queue of homeless) {
      if (cluster.leaderOf(queue.topic, queue.partition) === undefined) settle(queue, failures.get(queue.topic) ?? { code: 5, name: 'LEADER_NOT_AVAILABLE', retryable: true })
    }
  }

  /** Never rejects. */
  const send = async (leader: number, led: readonly PartitionQueue[]): Promise<void> => {
    const current = session
    const producer = identity?.producer === undefined ? undefined : { ...identity.producer, transactional: current.transactionalId !== null }
    const sent: PartitionQueue[] = []
    let bytes = 0
    for (const queue of led) {
      if (bytes > MAX_REQUEST_BYTES) break
      bytes += queue.seal(compression, producer).bytes.length
      queue.inFlight = true
      sent.push(queue)
    }
    requests.set(leader, (requests.get(leader) ?? 0) + 1)
    const topics = groupByTopic(sent.map((queue) => ({ topic: queue.topic, partition: queue.partition, batch: queue.seal(compression, producer).bytes })))
    const request: ProduceRequest = { transactionalId: current.transactionalId, acks: ACKS[acks], timeoutMs: cluster.requestTimeoutMs, topics }
    try {
      const answer = await transmit(leader, request)
      if (session === current) answered(sent, answer)
    } catch (error) {
      if (session === current) for (const queue of sent) repeat(queue, MillraceError.wrap(error, 'KAFKA_PROTOCOL', 'Could not send records', { origin: 'engine' }))
    }
    requests.set(leader, (requests.get(leader) ?? 1) - 1)
    dispatch()
  }

  const transmit = async (leader: number, request: ProduceRequest): Promise<ProduceResponse> => {
    const connection = await cluster.connection(leader, channel)
    if (acks !== 'none') return connection.send(produce, request)
    await connection.post(produce, request)
    return request.topics.map(({ topic, partitions }) => ({ topic, partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, baseOffset: -1 })) }))
  }

  const answered = (sent: readonly PartitionQueue[], answer: ProduceResponse): void => {
    const codes = new Map(answer.flatMap(({ topic, partitions }) => partitions.map(({ partition, errorCode }) => [topicPartitionKey(topic, partition), errorCode] as const)))
    for (const queue of sent) settle(queue, failureOf(codes.get(topicPartitionKey(queue.topic, queue.partition)) ?? -1))
  }

  const settle = (queue: PartitionQueue, failure: ReturnType<typeof failureOf>): void => {
    const outcome = batchOutcome(failure, topicPartitionKey(queue.topic, queue.partition))
    if (outcome !== 'written') return outcome.sendAgain ? repeat(queue, outcome.error) : giveUp(outcome.error)
    const { sealed } = queue
    queue.inFlight = false
    queue.acknowledged()
    troubles.end(queue)
    if (sealed !== undefined) sending.released(sealed)
  }

  /** The same bytes again, later, to whoever leads the partition then. */
  const repeat = (queue: PartitionQueue, error: MillraceError): void => {
    if (stopped) return
    if (!error.retryable || performance.now() - queue.dueSinceMs > deliveryTimeoutMs) return giveUp(error)
    queue.inFlight = false
    queue.backingOff = true
    queue.attempts++
    cluster.forgetLeader(queue)
    troubles.begin(queue, error, queue.attempts)
    setTimeout(() => {
      queue.backingOff = false
      dispatch()
    }, backoffMs(queue.attempts))
  }

  const giveUp = (error: MillraceError): void => {
    stopped = true
    sending.fail(error)
  }

  return {
    dispatch,
    restart(next) {
      session = next
      identity = undefined
      troubles.endAll()
    },
    stop() {
      stopped = true
      cluster.closeChannel(channel)
    },
  }
}
