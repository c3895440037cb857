import type { KafkaHeader } from '../record-cursor.ts'
import type { Compression } from '../record-producer.ts'
import { NO_PRODUCER, RecordBatchBuilder } from '../records/record-batch-builder.ts'
import type { ProducerIdAndEpoch } from '../transaction-coordinator-client.ts'

/** A batch as it is sent: repeated byte for byte until it is acknowledged. */
export interface SealedBatch {
  readonly bytes: Buffer
  /** What it counts for in the buffer. */
  readonly bufferedBytes: number
  readonly builder: RecordBatchBuilder
}

/** More than any record needs besides its key, value and headers. */
const RECORD_OVERHEAD_BYTES = 40
/** Sequence numbers go on at 0 after 2^31 − 1. */
const SEQUENCES = 2 ** 31

/** What is to be written to one partition: batches in order, one of them on its way at a time. */
export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  /** To be sent as soon as its broker is free: it is full, has waited long enough, or is flushed. */
  due = false
  /** Since when it has something due, by `performance.now()`. */
  dueSinceMs = 0
  /** A failure was a moment ago: a timer will end the wait. */
  backingOff = false
  attempts = 0
  /** Its batch is part of a request that has no answer yet. */
  inFlight = false
  /** The coordinator knows that the transaction writes here. */
  enlisted = false
  sealed: SealedBatch | undefined
  #nextSequence = 0
  #batches: RecordBatchBuilder[] = []

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get isEmpty(): boolean {
    return this.sealed === undefined && this.#batches.length === 0
  }

  /** Returns by how many bytes the buffer grew. When a batch is full it becomes due. */
  append(timestamp: number, key: Uint8Array | null, value: Uint8Array | null, headers: readonly KafkaHeader[], batchBytes: number, spare: RecordBatchBuilder[]): number {
    let batch = this.#batches.at(-1)
    let size = RECORD_OVERHEAD_BYTES + (key?.length ?? 0) + (value?.length ?? 0)
    for (const [name, content] of headers) size += name.length * 3 + (content?.length ?? 0) + 10
    if (batch !== undefined && batch.byteLength + size > batchBytes) {
      this.makeDue()
      batch = undefined
    }
    if (batch === undefined) {
      batch = spare.pop() ?? new RecordBatchBuilder()
      this.#batches.push(batch)
    }
    const before = batch.count === 0 ? 0 : batch.byteLength
    batch.append(timestamp, key, value, headers)
    return batch.byteLength - before
  }

  makeDue(): void {
    if (this.due) return
    this.due = true
    this.dueSinceMs = performance.now()
  }

  /** The batch to send: the one that is sealed already, or else the oldest. */
  seal(compression: Compression, producer: (ProducerIdAndEpoch & { readonly transactional: boolean }) | undefined): SealedBatch {
    if (this.sealed !== undefined) return this.sealed
    const builder = this.#batches.shift()
    if (builder === undefined) throw new Error(`nothing to send to ${this.topic}-${this.partition}`)
    const bytes = builder.finish(compression, producer === undefined ? NO_PRODUCER : { ...producer, baseSequence: this.#nextSequence })
    this.#nextSequence = (this.#nextSequence + builder.count) % SEQUENCES
    this.sealed = { bytes, builder, bufferedBytes: builder.byteLength }
    return this.sealed
  }

  /** The broker has the sealed batch. What was appended meanwhile has waited long enough. */
  acknowledged(): void {
    this.sealed = undefined
    this.attempts = 0
    this.due = this.#batches.length > 0
    this.dueSinceMs = performance.now()
  }

  /** Another producer id or epoch begins: sequences begin at 0, and nothing may be left of the one before. */
  restart(): void {
    this.#nextSequence = 0
    this.enlisted = false
    this.sealed = undefined
    this.#batches = []
    this.due = this.inFlight = this.backingOff = false
    this.attempts = 0
  }
}
