import type { FetchedPartition, PartitionReader } from '../client/partition-reader.ts'
import { topicPartitionKey } from '../client/topic-partition.ts'
import type { TopicPartition } from '../client/topic-partition.ts'

/** What one answer brought of one partition. */
export interface FetchedBatch extends FetchedPartition {
  readonly id: string
  /** What its records need has been fetched; the cursor may stand anywhere. */
  prepared: boolean
}

/** The fetched batches in order, those of paused partitions kept back. */
export class FetchedBatches {
  readonly #fetcher: PartitionReader
  readonly #paused = new Map<string, FetchedBatch[]>()
  #resumed: FetchedBatch[] = []
  #waiting: Promise<void> | undefined
  #wake: () => void = () => {}

  constructor(fetcher: PartitionReader) {
    this.#fetcher = fetcher
  }

  take(): FetchedBatch | undefined {
    const resumed = this.#resumed.shift()
    if (resumed !== undefined) return resumed
    for (let fetched = this.#fetcher.take(); fetched !== undefined; fetched = this.#fetcher.take()) {
      const batch = { ...fetched, id: topicPartitionKey(fetched.topic, fetched.partition), prepared: false }
      const kept = this.#paused.get(batch.id)
      if (kept === undefined) return batch
      kept.push(batch)
    }
    return undefined
  }

  /** Takes back what was taken last, if its partition is paused now: the rest of it comes when it is resumed. */
  keptBack(batch: FetchedBatch): boolean {
    const kept = this.#paused.get(batch.id)
    kept?.unshift(batch)
    return kept !== undefined
  }

  pause(partitions: readonly (TopicPartition & { readonly id: string })[]): void {
    const ids = new Set(partitions.map(({ id }) => id))
    for (const id of ids) this.#paused.set(id, this.#resumed.filter((batch) => batch.id === id))
    this.#resumed = this.#resumed.filter((batch) => !ids.has(batch.id))
    this.#fetcher.pause(partitions)
  }

  resume(partitions: readonly (TopicPartition & { readonly id: string })[]): void {
    for (const { id } of partitions) {
      this.#resumed.push(...(this.#paused.get(id) ?? []))
      this.#paused.delete(id)
    }
    this.#fetcher.resume(partitions)
    if (this.#resumed.length > 0) this.#wake()
  }

  /** Resolves when `take` may have something, or `signal` is aborted. */
  async available(signal: AbortSignal): Promise<void> {
    if (this.#resumed.length > 0) return
    this.#waiting ??= this.#fetcher.available(signal).finally(() => (this.#waiting = undefined))
    const woken = Promise.withResolvers<void>()
    this.#wake = woken.resolve
    await Promise.race([this.#waiting, woken.promise])
  }
}
