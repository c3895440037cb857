import { EventEmitter, once } from 'node:events'
import type { CommittedOffset, KafkaClient, KafkaClientFactory, ListedOffset, OffsetSpec } from '../../src/client/kafka-client.ts'
import type { KafkaFailure } from '../../src/client/kafka-failure.ts'
import type { FetchedPartition, PartitionReader, ReaderOptions } from '../../src/client/partition-reader.ts'
import type { KafkaHeader, RecordCursor } from '../../src/client/record-cursor.ts'
import { topicPartitionKey } from '../../src/client/topic-partition.ts'
import type { TopicPartition, TopicPartitionKey } from '../../src/client/topic-partition.ts'

export interface StoredRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly KafkaHeader[]
}

interface StoredPartition {
  start: number
  end: number
  readonly records: StoredRecord[]
}

const UNKNOWN: KafkaFailure = { code: 3, name: 'UNKNOWN_TOPIC_OR_PARTITION', retryable: true }
const OUT_OF_RANGE: KafkaFailure = { code: 1, name: 'OFFSET_OUT_OF_RANGE', retryable: false }
/** Of one answer and partition, so that a topic takes several. */
const RECORDS_PER_FETCH = 7

/** A cluster in memory, as far as reading goes: what a source does can be tested on it without a broker, and told to fail. */
export class MemoryCluster {
  readonly topics = new Map<string, StoredPartition[]>()
  readonly groups = new Map<string, Map<TopicPartitionKey, number>>()
  readonly events = new EventEmitter().setMaxListeners(0)
  /** Commits are refused while set. */
  commitError: Error | undefined
  openClients = 0

  readonly client: KafkaClientFactory = () => memoryClient(this)

  createTopic(topic: string, partitions: number): void {
    const existing = this.topics.get(topic) ?? []
    this.topics.set(topic, [...existing, ...Array.from({ length: partitions - existing.length }, () => ({ start: 0, end: 0, records: [] }))])
  }

  append(topic: string, partition: number, value: string | null, parts: Partial<StoredRecord> = {}): void {
    const log = this.partition({ topic, partition })
    if (log === undefined) throw new RangeError(`no ${topic}-${partition}`)
    log.records.push({ offset: log.end, timestamp: 0, key: null, value: value === null ? null : Buffer.from(value), headers: [], ...parts })
    log.end++
    this.events.emit('data')
  }

  /** Moves the end without a record, as transaction markers and compaction do. */
  skip(topic: string, partition: number, offsets: number): void {
    const log = this.partition({ topic, partition })
    if (log !== undefined) log.end += offsets
    this.events.emit('data')
  }

  deleteBefore(topic: string, partition: number, offset: number): void {
    const log = this.partition({ topic, partition })
    if (log === undefined) return
    log.start = offset
    log.records.splice(0, log.records.findIndex((record) => record.offset >= offset))
  }

  partition({ topic, partition }: TopicPartition): StoredPartition | undefined {
    return this.topics.get(topic)?.[partition]
  }
}

function memoryClient(cluster: MemoryCluster): KafkaClient {
  const refuse = (): never => {
    throw new Error('the cluster in memory is for reading')
  }
  let open = false
  return {
    name: 'memory',
    capabilities: { resumeTransaction: false, listTransactions: false, exactHeaders: true },
    async connect() {
      open = true
      cluster.openClients++
    },
    async close() {
      if (open) cluster.openClients--
      open = false
    },
    listTopics: async () => [...cluster.topics.keys()],
    async describeTopics(topics) {
      return new Map(
        topics.map((topic) => {
          const partitions = cluster.topics.get(topic)?.map((_, partition) => ({ partition, leader: 1, replicas: [1], inSyncReplicas: [1] }))
          return [topic, partitions === undefined ? { failure: UNKNOWN } : { partitions }]
        }),
      )
    },
    listOffsets: async (partitions, spec) => new Map(partitions.map((one) => [topicPartitionKey(one.topic, one.partition), listOffset(cluster.partition(one), spec)])),
    async committedOffsets(groupId, partitions) {
      return new Map(partitions.map(({ topic, partition }) => [topicPartitionKey(topic, partition), cluster.groups.get(groupId)?.get(topicPartitionKey(topic, partition)) ?? null]))
    },
    async commitOffsets(groupId, offsets: readonly CommittedOffset[]) {
      if (cluster.commitError !== undefined) throw cluster.commitError
      const group = cluster.groups.get(groupId) ?? new Map<TopicPartitionKey, number>()
      cluster.groups.set(groupId, group)
      for (const { topic, partition, offset } of offsets) group.set(topicPartitionKey(topic, partition), offset)
    },
    createReader: (options) => new MemoryReader(cluster, options),
    createProducer: refuse,
    createTransactionalProducer: refuse,
    transactions: refuse,
  }
}

function listOffset(log: StoredPartition | undefined, spec: OffsetSpec): ListedOffset {
  if (log === undefined) return { failure: UNKNOWN }
  if (spec === 'earliest') return { offset: log.start }
  if (spec === 'latest') return { offset: log.end }
  return { offset: log.records.find(({ timestamp }) => timestamp >= spec.timestamp)?.offset ?? null }
}

class MemoryReader implements PartitionReader {
  readonly options: ReaderOptions
  readonly #cluster: MemoryCluster
  readonly #positions = new Map<TopicPartitionKey, TopicPartition & { offset: number; reported: number }>()

  constructor(cluster: MemoryCluster, options: ReaderOptions) {
    this.#cluster = cluster
    this.options = options
  }

  assign(partitions: readonly (TopicPartition & { readonly offset: number })[]): void {
    for (const { topic, partition, offset } of partitions) this.#positions.set(topicPartitionKey(topic, partition), { topic, partition, offset, reported: -1 })
    this.#cluster.events.emit('data')
  }

  unassign(partitions: readonly TopicPartition[]): void {
    for (const { topic, partition } of partitions) this.#positions.delete(topicPartitionKey(topic, partition))
  }

  pause(): void {}
  resume(): void {}

  take(): FetchedPartition | undefined {
    for (const position of this.#positions.values()) {
      const log = this.#cluster.partition(position)
      const { topic, partition, offset } = position
      const [end, start] = [log?.end ?? 0, log?.start ?? 0]
      const base = { topic, partition, bytes: 0, highWatermark: end, lastStableOffset: end }
      const failure = log === undefined ? UNKNOWN : offset < start || offset > end ? OUT_OF_RANGE : undefined
      if (failure !== undefined) {
        this.#positions.delete(topicPartitionKey(topic, partition))
        return { ...base, records: new ArrayCursor([]), nextOffset: offset, caughtUp: false, failure }
      }
      if (offset === end && position.reported === end) continue
      const records = (log?.records ?? []).filter((record) => record.offset >= offset).slice(0, RECORDS_PER_FETCH)
      const last = records.at(-1)
      const more = log?.records.some((record) => record.offset > (last?.offset ?? Number.POSITIVE_INFINITY)) === true
      position.offset = more && last !== undefined ? last.offset + 1 : end
      position.reported = position.offset
      // The order of partitions goes round.
      this.#positions.delete(topicPartitionKey(topic, partition))
      this.#positions.set(topicPartitionKey(topic, partition), position)
      return { ...base, records: new ArrayCursor(records), nextOffset: position.offset, caughtUp: position.offset === end }
    }
    return undefined
  }

  async available(signal: AbortSignal): Promise<void> {
    await once(this.#cluster.events, 'data', { signal }).catch(() => undefined)
  }

  async close(): Promise<void> {}
}

class ArrayCursor implements RecordCursor {
  readonly #records: readonly StoredRecord[]
  #index = -1

  constructor(records: readonly StoredRecord[]) {
    this.#records = records
  }

  next(): boolean {
    return ++this.#index < this.#records.length
  }

  rewind(): void {
    this.#index = -1
  }

  get #record(): StoredRecord {
    const record = this.#records[this.#index]
    if (record === undefined) throw new RangeError('the cursor stands at no record')
    return record
  }

  get offset(): number {
    return this.#record.offset
  }
  get timestamp(): number {
    return this.#record.timestamp
  }
  get timestampType(): 'create' {
    return 'create'
  }
  get key(): Uint8Array | null {
    return this.#record.key
  }
  get value(): Uint8Array | null {
    return this.#record.value
  }
  get leaderEpoch(): number {
    return 0
  }
  headers(): readonly KafkaHeader[] {
    return this.#record.headers
  }
}
