import { describeError } from '@millrace/core/spi'
import type { Logger, MetricGroup } from '@millrace/core/spi'
import type { CommittedOffset, KafkaClient } from '../client/kafka-client.ts'
import { topicPartitionKey } from '../client/topic-partition.ts'

/**
 * Tells the group how far completed checkpoints go, so that tools which watch its lag see the job. Nothing is ever restored
 * from there, so a commit that fails is counted, logged, and made good by the next.
 */
export class OffsetCommits {
  readonly #client: KafkaClient
  readonly #groupId: string
  readonly #logger: Logger
  readonly #metrics: MetricGroup
  readonly #succeeded: { value: number }
  readonly #failed: { value: number }
  readonly #byCheckpoint = new Map<number, readonly CommittedOffset[]>()
  readonly #committed = new Map<string, number>()
  #committing: Promise<void> | undefined
  #next: readonly CommittedOffset[] | undefined

  constructor(client: KafkaClient, groupId: string, logger: Logger, metrics: MetricGroup) {
    this.#client = client
    this.#groupId = groupId
    this.#logger = logger
    this.#metrics = metrics
    this.#succeeded = metrics.counter('commitsSucceeded')
    this.#failed = metrics.counter('commitsFailed')
  }

  snapshot(checkpointId: number, offsets: readonly CommittedOffset[]): void {
    this.#byCheckpoint.set(checkpointId, offsets)
  }

  /** Starts a commit, or leaves it to the one under way to start the newest when it is done. */
  complete(checkpointId: number): void {
    const offsets = this.#byCheckpoint.get(checkpointId)
    for (const id of this.#byCheckpoint.keys()) if (id <= checkpointId) this.#byCheckpoint.delete(id)
    if (offsets === undefined || offsets.length === 0) return
    this.#next = offsets
    this.#committing ??= this.#commitAll()
  }

  aborted(checkpointId: number): void {
    this.#byCheckpoint.delete(checkpointId)
  }

  /** Waits for the commit under way. */
  async close(): Promise<void> {
    await this.#committing
  }

  /** Never rejects. */
  async #commitAll(): Promise<void> {
    for (let offsets = this.#take(); offsets !== undefined; offsets = this.#take()) {
      try {
        await this.#client.commitOffsets(this.#groupId, offsets)
        this.#succeeded.value++
        this.#remember(offsets)
      } catch (error) {
        this.#failed.value++
        this.#logger.warn({ groupId: this.#groupId, error: describeError(error) }, 'offsets could not be committed to the group; the next checkpoint tries again')
      }
    }
    this.#committing = undefined
  }

  #take(): readonly CommittedOffset[] | undefined {
    const offsets = this.#next
    this.#next = undefined
    return offsets
  }

  #remember(offsets: readonly CommittedOffset[]): void {
    for (const { topic, partition, offset } of offsets) {
      const key = topicPartitionKey(topic, partition)
      if (!this.#committed.has(key)) {
        this.#metrics.group('topic', topic).group('partition', String(partition)).gauge('committedOffset', () => this.#committed.get(key) ?? Number.NaN)
      }
      this.#committed.set(key, offset)
    }
  }
}
