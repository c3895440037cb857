import { estimateBytes } from '../../types/estimate-bytes.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { ChannelProducer } from './channel.ts'
import type { ChannelSelector } from './partitioner.ts'
import type { RecordBatch, StreamElement } from './stream-element.ts'

/** Rows after which a batch is handed over: large enough to spread the cost of a hand-over, small enough for latency. */
const BATCH_ROWS = 1024
/** A channel that got none of so many batches for each channel is not used now: what it asks for holds nobody back. */
const RECENT_BATCHES = 64

/** Sends one output of a subtask to the subtasks of the next vertex. Records wait in batches until full or flushed. */
export class RecordWriter {
  readonly channels: readonly ChannelProducer[]
  readonly #select: ChannelSelector
  readonly #batchBytes: number
  readonly #batches: (RecordBatch | undefined)[]
  readonly #rowBytes: number[]
  /** What a row counts until its batch is full: more than its bytes where batches are to be small. */
  readonly #rowWeights: number[]
  /** Batches sent so far, and their number when each channel got its last one. */
  #sent = 0
  readonly #lastSent: number[]
  #pending = false

  constructor(channels: readonly ChannelProducer[], select: ChannelSelector, batchBytes: number) {
    this.channels = channels
    this.#select = select
    this.#batchBytes = batchBytes
    this.#batches = channels.map(() => undefined)
    this.#rowBytes = channels.map(() => 0)
    this.#rowWeights = channels.map(() => 0)
    this.#lastSent = channels.map(() => 0)
  }

  get isAvailable(): boolean {
    for (const channel of this.channels) if (!channel.isAvailable) return false
    return true
  }

  /** Most records that should be emitted before `isAvailable` is asked again. */
  get batchRows(): number {
    let rows = BATCH_ROWS
    const recent = this.#sent - RECENT_BATCHES * this.channels.length
    for (let index = 0; index < this.channels.length; index++) {
      if ((this.#lastSent[index] as number) < recent) continue
      const { batchRows } = this.channels[index] as ChannelProducer
      if (batchRows !== undefined && batchRows < rows) rows = batchRows
    }
    return rows
  }

  get hasPending(): boolean {
    return this.#pending
  }

  collect(value: unknown, timestamp: number): void {
    this.#append(this.#select(value), value, timestamp)
  }

  flush(): void {
    if (!this.#pending) return
    this.#pending = false
    for (let index = 0; index < this.channels.length; index++) this.#push(index)
  }

  emitWatermark(timestamp: number): void {
    this.#broadcast({ kind: 'watermark', timestamp })
  }

  emitStatus(idle: boolean): void {
    this.#broadcast({ kind: 'status', idle })
  }

  emitBarrier(barrier: Barrier): void {
    this.#broadcast({ kind: 'barrier', barrier })
  }

  emitEndOfData(drain: boolean): void {
    this.#broadcast({ kind: 'endOfData', drain })
  }

  #append(index: number, value: unknown, timestamp: number): void {
    let batch = this.#batches[index]
    if (batch === undefined) {
      batch = { kind: 'records', values: [], timestamps: [], bytes: 0 }
      this.#batches[index] = batch
      // One row of each batch is measured and stands for the others: exact sizes would cost more than the hand-over.
      const { batchRows } = this.channels[index] as ChannelProducer
      const rowBytes = estimateBytes(value)
      this.#rowBytes[index] = rowBytes
      this.#rowWeights[index] = batchRows === undefined ? rowBytes : Math.max(rowBytes, this.#batchBytes / batchRows)
      this.#pending = true
    }
    batch.values.push(value)
    batch.timestamps.push(timestamp)
    batch.bytes += this.#rowWeights[index] as number
    if (batch.values.length >= BATCH_ROWS || batch.bytes >= this.#batchBytes) this.#push(index)
  }

  #push(index: number): void {
    const batch = this.#batches[index]
    if (batch === undefined) return
    this.#batches[index] = undefined
    this.#lastSent[index] = ++this.#sent
    batch.bytes = batch.values.length * (this.#rowBytes[index] as number)
    ;(this.channels[index] as ChannelProducer).push(batch)
  }

  #broadcast(element: StreamElement): void {
    this.flush()
    for (const channel of this.channels) channel.push(element)
  }
}
