import type { FetchedPartition } from '../client/partition-reader.ts'
import type { KafkaSplit } from './kafka-split.ts'

/** How far one partition was read, as records are emitted. */
export class PartitionProgress {
  readonly split: KafkaSplit
  readonly stoppingOffset: number
  /** Of the next record to emit. */
  position: number
  /** What could be read when it was last fetched: the high watermark, or under read_committed the last stable offset. */
  end: number | undefined

  constructor(split: KafkaSplit) {
    this.split = split
    this.position = split.offset
    this.stoppingOffset = split.stoppingOffset ?? Number.POSITIVE_INFINITY
  }

  fetched({ highWatermark, lastStableOffset }: FetchedPartition, readsCommitted: boolean): void {
    this.end = readsCommitted ? lastStableOffset : highWatermark
  }

  get finished(): boolean {
    return this.position >= this.stoppingOffset
  }

  /** Records that wait to be read, as far as is known. */
  get lag(): number {
    return this.end === undefined ? 0 : Math.max(0, Math.min(this.end, this.stoppingOffset) - this.position)
  }

  snapshot(): KafkaSplit {
    return { ...this.split, offset: this.position }
  }
}
