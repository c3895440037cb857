import type { SinkWriter, SinkWriterContext } from '@millrace/core/spi'
import type { Committable } from '../client/committable.ts'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { KafkaHeader } from '../client/record-cursor.ts'
import type { RecordProducer } from '../client/record-producer.ts'
import type { KafkaRecordSerializer, OutgoingRecord } from '../records/record-serialization.ts'
import type { KafkaWriterState } from './lingering-transactions.ts'
import type { Partitioner } from './partitioner.ts'
import type { TransactionSequence } from './transaction-sequence.ts'

const NO_HEADERS: readonly KafkaHeader[] = []
/** Topics may get more partitions; Kafka's own producer looks as often. */
const METADATA_MAX_AGE_MS = 300_000

export interface KafkaSinkWriting<T> {
  readonly client: KafkaClient
  readonly producer: RecordProducer
  readonly serializer: KafkaRecordSerializer<T>
  readonly partitioner: Partitioner
  /** False: nothing is waited for at checkpoints (guarantee `none`). */
  readonly flushes: boolean
  /** Present with guarantee `exactly-once`. */
  readonly transactions: TransactionSequence | undefined
}

/** Writes the records of one subtask. Waits for metadata of new topics, for room in the buffer and for acknowledgements only in `ready` and `flush`. */
export class KafkaSinkWriter<T> implements SinkWriter<T, Committable, KafkaWriterState> {
  readonly #writing: KafkaSinkWriting<T>
  readonly #context: SinkWriterContext
  /** Reused for every value. */
  readonly #record: OutgoingRecord = { topic: '', partition: -1, key: null, value: null, headers: NO_HEADERS, timestamp: null }
  /** The topic written to last, how many partitions it has, and what time it is: looked up once a batch of the task, not for every record. */
  #topic = ''
  #partitionCount: number | undefined
  #nowMs: number | undefined
  /** Of topics that nothing is known of yet, in order: at most one batch of the task. */
  #parked: OutgoingRecord[] = []
  readonly #topics = new Set<string>()
  #metadataMs: number
  readonly #numRecordsSend
  readonly #numBytesSend

  constructor(writing: KafkaSinkWriting<T>, context: SinkWriterContext) {
    this.#writing = writing
    this.#context = context
    this.#metadataMs = context.now()
    this.#numRecordsSend = context.metrics.counter('numRecordsSend')
    this.#numBytesSend = context.metrics.counter('numBytesSend')
    context.metrics.gauge('bufferedBytes', () => writing.producer.bufferedBytes)
  }

  write(value: T, timestamp: number): void {
    const record = this.#record
    record.topic = ''
    record.partition = -1
    record.key = record.value = null
    record.headers = NO_HEADERS
    // what has no event time has a very negative one
    record.timestamp = timestamp >= 0 ? timestamp : null
    this.#writing.serializer.serialize(value, record)
    if (this.#parked.length > 0 || this.#partitionsOf(record.topic) === undefined) this.#parked.push({ ...record })
    else this.#append(record)
  }

  ready(): Promise<void> | undefined {
    this.#forget()
    return this.#parked.length > 0 ? this.#admitParked() : this.#writing.producer.ready()
  }

  async flush(endOfInput: boolean): Promise<void> {
    await this.#admitParked()
    if (this.#writing.flushes || endOfInput) await this.#writing.producer.flush()
    if (this.#context.now() - this.#metadataMs > METADATA_MAX_AGE_MS) await this.#load([...this.#topics])
  }

  async prepareCommit(): Promise<readonly Committable[]> {
    return (await this.#writing.transactions?.next()) ?? []
  }

  snapshotState(): readonly KafkaWriterState[] {
    const { transactions } = this.#writing
    return transactions === undefined ? [] : [transactions.state()]
  }

  async close(): Promise<void> {
    await this.#writing.transactions?.abandon()
    await this.#writing.client.close()
  }

  #append({ topic, partition, key, value, headers, timestamp }: OutgoingRecord): void {
    const { producer, partitioner } = this.#writing
    const bytes = (key?.length ?? 0) + (value?.length ?? 0)
    const chosen = partition >= 0 ? partition : partitioner(key, this.#partitionsOf(topic) ?? 0, topic, bytes)
    producer.append(topic, chosen, timestamp ?? (this.#nowMs ??= this.#context.now()), key, value, headers)
    this.#numRecordsSend.value++
    this.#numBytesSend.value += bytes
  }

  #partitionsOf(topic: string): number | undefined {
    if (topic !== this.#topic || this.#partitionCount === undefined) {
      this.#topic = topic
      this.#partitionCount = this.#writing.producer.partitionCount(topic)
    }
    return this.#partitionCount
  }

  /** Time passes, and topics get more partitions. */
  #forget(): void {
    this.#partitionCount = this.#nowMs = undefined
  }

  async #admitParked(): Promise<void> {
    const { producer } = this.#writing
    const parked = this.#parked
    const unknown = new Set(parked.map(({ topic }) => topic).filter((topic) => producer.partitionCount(topic) === undefined))
    if (unknown.size > 0) await this.#load([...unknown])
    this.#parked = []
    this.#forget()
    for (const record of parked) this.#append(record)
    await producer.ready()
  }

  async #load(topics: readonly string[]): Promise<void> {
    await this.#writing.producer.loadTopics(topics)
    topics.forEach((topic) => this.#topics.add(topic))
    this.#metadataMs = this.#context.now()
  }
}
