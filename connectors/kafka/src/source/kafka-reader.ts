import { describeError, MillraceError } from '@millrace/core/spi'
import type { PollResult, ReaderOutput, SourceOutput, SourceReader, SourceReaderContext } from '@millrace/core/spi'
import type { KafkaClient } from '../client/kafka-client.ts'
import type { KafkaFailure } from '../client/kafka-failure.ts'
import type { PartitionReader } from '../client/partition-reader.ts'
import type { RecordCursor } from '../client/record-cursor.ts'
import type { KafkaRecord } from '../records/kafka-record.ts'
import type { KafkaDeserializationSchema, KafkaRecordDeserializer } from '../records/record-deserialization.ts'
import { CurrentRecord } from './current-record.ts'
import { Emissions } from './emissions.ts'
import { FetchedBatches } from './fetched-batches.ts'
import type { FetchedBatch } from './fetched-batches.ts'
import type { KafkaReading } from './kafka-reading.ts'
import type { KafkaSplit } from './kafka-split.ts'
import { OffsetCommits } from './offset-commits.ts'
import { partitionError } from './partition-error.ts'
import { PartitionProgress } from './partition-progress.ts'
import { ReaderMetrics } from './reader-metrics.ts'
import { resetOffset } from './reset-offset.ts'
import { isSubscribed } from './subscription.ts'

/** Reads the partitions of one subtask. What has been fetched of one of them is emitted before the next has its turn. */
export class KafkaReader<T> implements SourceReader<T, KafkaSplit> {
  readonly #reading: KafkaReading
  readonly #context: SourceReaderContext
  readonly #metrics: ReaderMetrics
  readonly #deserializer: KafkaRecordDeserializer<T>
  readonly #partitions = new Map<string, PartitionProgress>()
  readonly #finished: KafkaSplit[] = []
  /** Left out since the checkpoint, and not yet reported: they must hold no watermark back. */
  readonly #dropped: KafkaSplit[] = []
  readonly #record = new CurrentRecord()
  readonly #emissions = new Emissions<T>()
  // All three from `start` on.
  #client!: KafkaClient
  #fetcher!: PartitionReader
  #batches!: FetchedBatches
  #commits: OffsetCommits | undefined
  #current: FetchedBatch | undefined
  /** What must be done before anything more is emitted: schemas to fetch, an offset to look up. */
  #work: Promise<void> | undefined

  constructor(reading: KafkaReading, deserialization: KafkaDeserializationSchema<T>, context: SourceReaderContext) {
    this.#reading = reading
    this.#context = context
    this.#metrics = new ReaderMetrics(context, () => this.#partitions.values())
    this.#deserializer = deserialization.open({ metrics: context.metrics })
  }

  async start(): Promise<void> {
    const { groupId, commitsOffsets, isolation, fetch } = this.#reading
    this.#client = await this.#reading.openClient(this.#context.logger)
    this.#fetcher = this.#client.createReader({
      ...fetch,
      isolation,
      onRetry: (error, attempt) => this.#metrics.outage.retrying(error, attempt),
      onRecovered: () => this.#metrics.outage.recovered(),
    })
    this.#batches = new FetchedBatches(this.#fetcher)
    if (commitsOffsets && groupId !== undefined) this.#commits = new OffsetCommits(this.#client, groupId, this.#context.logger, this.#metrics.group)
  }

  addSplits(splits: readonly KafkaSplit[]): void {
    const wanted = splits.filter((split) => isSubscribed(this.#reading.subscription, split))
    for (const split of splits.filter((one) => !wanted.includes(one))) {
      this.#dropped.push(split)
      this.#context.logger.warn({ partition: split.id, offset: split.offset }, 'a partition of the checkpoint is not subscribed to any more and is left out from now on')
    }
    for (const split of wanted) {
      const progress = new PartitionProgress(split)
      this.#partitions.set(split.id, progress)
      this.#metrics.add(progress)
    }
    this.#fetcher.assign(wanted)
  }

  poll(output: ReaderOutput<T>, maxRecords: number): PollResult {
    for (const { id } of this.#dropped.splice(0)) output.releaseSplit(id)
    let left = maxRecords
    while (left > 0) {
      this.#current ??= this.#next()
      if (this.#work !== undefined) return 'pending'
      if (this.#current === undefined) return this.#partitions.size === 0 && this.#context.bounded ? 'end' : 'pending'
      left -= this.#emit(this.#current, output, left)
    }
    return 'more'
  }

  async available(signal: AbortSignal): Promise<void> {
    if (this.#work === undefined) return this.#batches.available(signal)
    const aborted = Promise.withResolvers<void>()
    const wake = (): void => aborted.resolve()
    signal.addEventListener('abort', wake, { once: true })
    try {
      await (signal.aborted ? undefined : Promise.race([this.#work, aborted.promise]))
    } finally {
      signal.removeEventListener('abort', wake)
    }
  }

  snapshotSplits(checkpointId: number): readonly KafkaSplit[] {
    const splits = Array.from(this.#partitions.values(), (progress) => progress.snapshot())
    this.#commits?.snapshot(checkpointId, [...this.#finished, ...splits])
    return splits
  }

  pauseOrResumeSplits(pause: readonly string[], resume: readonly string[]): void {
    const partitions = (ids: readonly string[]): readonly KafkaSplit[] => ids.flatMap((id) => this.#partitions.get(id)?.split ?? [])
    this.#batches.pause(partitions(pause))
    this.#batches.resume(partitions(resume))
    if (this.#current !== undefined && this.#batches.keptBack(this.#current)) this.#current = undefined
  }

  isUnreachable(): boolean {
    return this.#metrics.outage.lasts
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#commits?.complete(checkpointId)
  }

  notifyCheckpointAborted(checkpointId: number): void {
    this.#commits?.aborted(checkpointId)
  }

  async close(): Promise<void> {
    await this.#commits?.close()
    await this.#client?.close()
  }

  /** What has been fetched next and can be emitted once the work is done that it may have started. */
  #next(): FetchedBatch | undefined {
    if (this.#work !== undefined) return undefined
    for (let batch = this.#batches.take(); batch !== undefined; batch = this.#batches.take()) {
      const progress = this.#partitions.get(batch.id)
      if (progress === undefined) continue
      if (batch.failure !== undefined) {
        this.#fail(progress, batch.failure)
        return undefined
      }
      this.#record.standAt(batch)
      if (!batch.prepared) this.#prepare(batch, progress)
      return batch
    }
    return undefined
  }

  #prepare(batch: FetchedBatch, progress: PartitionProgress): void {
    batch.prepared = true
    progress.fetched(batch, this.#reading.isolation === 'read_committed')
    this.#metrics.fetched(batch.bytes)
    if (this.#deserializer.prepare === undefined) return
    const { records } = batch
    const fetching = this.#deserializer.prepare(recordsOf(this.#record, records))
    if (fetching === undefined) records.rewind()
    else this.#do(fetching.then(() => records.rewind()))
  }

  #fail(progress: PartitionProgress, failure: KafkaFailure): void {
    const { id, topic } = progress.split
    if (failure.name === 'OFFSET_OUT_OF_RANGE') this.#do(this.#reset(progress))
    else throw partitionError(`read ${id} from offset ${progress.position} on`, topic, failure)
  }

  async #reset(progress: PartitionProgress): Promise<void> {
    const { isolation, outOfRange } = this.#reading
    const offset = await resetOffset(this.#client, isolation, outOfRange, progress, this.#context.logger)
    progress.position = offset
    this.#metrics.reset()
    this.#fetcher.assign([{ ...progress.split, offset }])
  }

  /** Emits up to about `max` records; returns how many. */
  #emit(batch: FetchedBatch, output: ReaderOutput<T>, max: number): number {
    const { id, records, nextOffset } = batch
    const progress = this.#partitions.get(id) as PartitionProgress
    const splitOutput = output.forSplit(id)
    let emitted = 0
    while (emitted < max) {
      if (!records.next()) {
        progress.position = Math.max(progress.position, nextOffset)
        this.#current = undefined
        if (batch.caughtUp) splitOutput.markIdle()
        break
      }
      if (records.offset >= progress.stoppingOffset) {
        progress.position = progress.stoppingOffset
        break
      }
      // A record counts even if it makes no value: those that are passed over take time too.
      emitted += Math.max(1, this.#deserialize(splitOutput))
      progress.position = records.offset + 1
    }
    if (progress.finished) this.#finish(progress, output)
    return emitted
  }

  #deserialize(output: SourceOutput<T>): number {
    const record = this.#record
    this.#emissions.begin(record.timestamp)
    try {
      this.#deserializer.deserialize(record, this.#emissions)
    } catch (error) {
      this.#reject(error, output)
      return 1
    }
    return this.#emissions.emit(output)
  }

  #reject(error: unknown, output: SourceOutput<T>): void {
    const { topic, partition, offset, value } = this.#record
    const known = MillraceError.is(error) ? error : undefined
    if (known !== undefined && (known.origin === 'engine' || known.retryable)) throw known.located({ file: topic, offset })
    output.reject({
      raw: value === null ? null : new Uint8Array(value),
      source: topic,
      partition: String(partition),
      offset,
      line: null,
      field: known?.at.field ?? null,
      code: known?.code ?? 'KAFKA_DESERIALIZE',
      reason: describeError(error),
    })
  }

  #finish(progress: PartitionProgress, output: ReaderOutput<T>): void {
    const split = progress.snapshot()
    this.#current = undefined
    this.#partitions.delete(split.id)
    this.#finished.push(split)
    this.#fetcher.unassign([split])
    output.releaseSplit(split.id)
  }

  #do(work: Promise<void>): void {
    const done = work.then(() => {
      this.#work = undefined
    })
    // Whoever waits is told; until somebody does, it must not count as unhandled.
    done.catch(() => undefined)
    this.#work = done
  }
}

/** The records of a batch, from the first one each time it is walked. */
function recordsOf(record: KafkaRecord, records: RecordCursor): Iterable<KafkaRecord> {
  return {
    *[Symbol.iterator]() {
      records.rewind()
      while (records.next()) yield record
    },
  }
}
