import type { Barrier } from '../checkpoint/barrier.ts'
import type { RecordWriter } from '../network/record-writer.ts'
import type { TaskEnvironment } from './task-environment.ts'

/** The record writers of a task as one: whether there is room, when their batches are sent, and what goes to all of them. */
export class TaskOutput {
  readonly #writers: readonly RecordWriter[]
  readonly #now: () => number
  readonly #bufferTimeoutMs: number
  #lastFlushMs: number

  constructor({ writers, clock, vertex, settings, wake }: TaskEnvironment) {
    this.#writers = [...writers.values()]
    this.#now = () => clock.now()
    this.#lastFlushMs = clock.now()
    this.#bufferTimeoutMs = vertex.bufferTimeoutMs ?? settings.bufferTimeoutMs
    for (const { channels } of this.#writers) for (const channel of channels) channel.onSpace = wake
  }

  get isAvailable(): boolean {
    for (const writer of this.#writers) if (!writer.isAvailable) return false
    return true
  }

  /** Sends the batches that are not full. */
  flush(): void {
    for (const writer of this.#writers) writer.flush()
    this.#lastFlushMs = this.#now()
  }

  /** The same, when the last time is a buffer timeout ago. */
  flushIfDue(): void {
    if (this.#now() - this.#lastFlushMs >= this.#bufferTimeoutMs) this.flush()
  }

  emitBarrier(barrier: Barrier): void {
    for (const writer of this.#writers) writer.emitBarrier(barrier)
  }

  emitEndOfData(drain: boolean): void {
    for (const writer of this.#writers) writer.emitEndOfData(drain)
  }
}
