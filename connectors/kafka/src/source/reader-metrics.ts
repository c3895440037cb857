import type { Counter, MetricGroup, SourceReaderContext } from '@millrace/core/spi'
import { Outage } from '../outage.ts'
import type { PartitionProgress } from './partition-progress.ts'

/** What a reader tells about itself, by Flink's names where Flink has one. */
export class ReaderMetrics {
  /** `KafkaSourceReader`, as in Flink. */
  readonly group: MetricGroup
  readonly outage: Outage
  readonly #bytes: Counter
  readonly #resets: Counter

  constructor(context: SourceReaderContext, partitions: () => Iterable<PartitionProgress>) {
    this.#bytes = context.metrics.counter('numBytesIn')
    this.group = context.metrics.group('KafkaSourceReader')
    this.outage = new Outage(context, this.group.counter('fetchRetries'), 'fetching from Kafka')
    this.#resets = this.group.counter('offsetResets')
    context.metrics.gauge('pendingRecords', () => sumOf(partitions(), ({ lag }) => lag))
    this.group.gauge('records-lag-max', () => [...partitions()].reduce((most, { lag }) => Math.max(most, lag), 0))
  }

  add(progress: PartitionProgress): void {
    const { topic, partition } = progress.split
    const group = this.group.group('topic', topic).group('partition', String(partition))
    group.gauge('currentOffset', () => progress.position)
    group.gauge('records-lag', () => progress.lag)
  }

  fetched(bytes: number): void {
    this.#bytes.value += bytes
  }

  reset(): void {
    this.#resets.value++
  }
}

function sumOf<T>(items: Iterable<T>, size: (item: T) => number): number {
  let sum = 0
  for (const item of items) sum += size(item)
  return sum
}
