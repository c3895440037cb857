import { MillraceError } from '@millrace/core/spi'
import { unknownTopic, type Cluster } from '../cluster/cluster.ts'
import { failureOf, kafkaError } from '../cluster/protocol-errors.ts'
import { closedError } from '../cluster/retrying.ts'
import type { ProducerOptions, RecordProducer } from '../record-producer.ts'
import type { RecordBatchBuilder } from '../records/record-batch-builder.ts'
import { createDispatcher, type ProducerSession } from './dispatcher.ts'
import { PartitionQueue } from './partition-queue.ts'
import { createProducerBuffer } from './producer-buffer.ts'

export interface BatchSender extends RecordProducer {
  /** Drops what there is and goes on under another identity. */
  restart(session: ProducerSession): void
}

/** Not every broker has heard of a topic that was created a moment ago. */
const NEW_TOPIC_PATIENCE_MS = 2000

/** Collects records into batches: everything a producer does but the question on whose behalf. */
export function createBatchSender(cluster: Cluster, options: ProducerOptions, session: ProducerSession): BatchSender {
  const { batchBytes = 256 << 10, lingerMs = 5, maxBufferedBytes = 32 << 20 } = options
  const queues = new Map<string, PartitionQueue[]>()
  const spare: RecordBatchBuilder[] = []
  // as many as the buffer can hold: memory for batches is allocated once
  const maxSpareBuilders = Math.ceil(maxBufferedBytes / batchBytes)
  const buffer = createProducerBuffer()
  let linger: NodeJS.Timeout | undefined
  const dispatcher = createDispatcher(cluster, options, session, {
    *queues() {
      for (const ofTopic of queues.values()) yield* ofTopic
    },
    released({ bufferedBytes, builder }) {
      if (spare.length < maxSpareBuilders) {
        builder.reset()
        spare.push(builder)
      }
      buffer.released(bufferedBytes)
    },
    fail: (error) => buffer.fail(error),
  })

  const makeAllDue = (): void => {
    clearTimeout(linger)
    linger = undefined
    for (const ofTopic of queues.values()) for (const queue of ofTopic) if (!queue.isEmpty) queue.makeDue()
    dispatcher.dispatch()
  }

  const queuesOf = (topic: string): PartitionQueue[] => {
    let ofTopic = queues.get(topic)
    if (ofTopic === undefined) queues.set(topic, (ofTopic = []))
    const count = cluster.partitionsOf(topic)?.length ?? 0
    while (ofTopic.length < count) ofTopic.push(new PartitionQueue(topic, ofTopic.length))
    return ofTopic
  }

  return {
    partitionCount: (topic) => cluster.partitionsOf(topic)?.length,
    async loadTopics(topics) {
      const patientUntilMs = performance.now() + NEW_TOPIC_PATIENCE_MS
      await cluster.retrying(async () => {
        const { topics: found } = await cluster.refresh(topics)
        for (const { topic, errorCode } of found) {
          const failure = failureOf(errorCode)
          if (failure?.name === 'UNKNOWN_TOPIC_OR_PARTITION' && performance.now() > patientUntilMs) throw unknownTopic(topic)
          if (failure !== undefined) throw kafkaError(failure, `write to topic '${topic}'`)
        }
      })
    },
    append(topic, partition, timestamp, key, value, headers) {
      const queue = queues.get(topic)?.[partition] ?? queuesOf(topic)[partition]
      if (queue === undefined) throw unknownPartition(topic, partition, queuesOf(topic).length)
      const wasDue = queue.due
      buffer.bytes += queue.append(timestamp, key, value, headers, batchBytes, spare)
      // one that was due before waits for an answer, which looks again what can be sent: doing so for every record is expensive
      if (wasDue) return
      if (queue.due) dispatcher.dispatch()
      else linger ??= setTimeout(makeAllDue, lingerMs)
    },
    get bufferedBytes() {
      return buffer.bytes
    },
    ready: () => buffer.whenBelow(maxBufferedBytes),
    async flush() {
      makeAllDue()
      await buffer.whenBelow(0)
    },
    restart(next) {
      clearTimeout(linger)
      linger = undefined
      for (const ofTopic of queues.values()) for (const queue of ofTopic) queue.restart()
      buffer.released(buffer.bytes)
      dispatcher.restart(next)
    },
    close() {
      clearTimeout(linger)
      dispatcher.stop()
      buffer.fail(closedError())
      return Promise.resolve()
    },
  }
}

function unknownPartition(topic: string, partition: number, count: number): MillraceError {
  return new MillraceError('KAFKA_UNKNOWN_PARTITION', `Topic '${topic}' has partitions 0 to ${count - 1}, found ${partition}. Check what chooses the partition.`, {
    origin: 'user',
  })
}
