import type { Counter, Logger, MetricGroup, MillraceError, SourceReaderContext } from '@millrace/core/spi'
import type { PartitionProgress } from './partition-progress.ts'

/** What a reader tells about itself, by Flink's names where Flink has one. */
export class ReaderMetrics {
  /** `KafkaSourceReader`, as in Flink. */
  readonly group: MetricGroup
  readonly #logger: Logger
  readonly #now: () => number
  readonly #bytes: Counter
  readonly #retries: Counter
  readonly #resets: Counter
  #troubleSince: number | undefined

  constructor(context: SourceReaderContext, partitions: () => Iterable<PartitionProgress>) {
    this.#logger = context.logger
    this.#now = () => context.now()
    this.#bytes = context.metrics.counter('numBytesIn')
    this.group = context.metrics.group('KafkaSourceReader')
    this.#retries = this.group.counter('fetchRetries')
    this.#resets = this.group.counter('offsetResets')
    context.metrics.gauge('pendingRecords', () => sumOf(partitions(), ({ lag }) => lag))
    this.group.gauge('records-lag-max', () => [...partitions()].reduce((most, { lag }) => Math.max(most, lag), 0))
    this.group.gauge('unavailableMs', () => (this.#troubleSince === undefined ? 0 : this.#now() - this.#troubleSince))
  }

  get inTrouble(): boolean {
    return this.#troubleSince !== undefined
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

  /** Logs the first, second, fourth … attempt: trouble may last for hours. */
  retrying(error: MillraceError, attempt: number): void {
    this.#troubleSince ??= this.#now()
    this.#retries.value++
    if ((attempt & (attempt - 1)) === 0) this.#logger.warn({ code: error.code, attempt, error: error.message }, 'fetching from Kafka failed and is tried again')
  }

  recovered(): void {
    if (this.#troubleSince === undefined) return
    this.#logger.info({ unavailableMs: this.#now() - this.#troubleSince }, 'fetching from Kafka works again')
    this.#troubleSince = undefined
  }
}

function sumOf<T>(items: Iterable<T>, size: (item: T) => number): number {
  let sum = 0
  for (const item of items) sum += size(item)
  return sum
}
