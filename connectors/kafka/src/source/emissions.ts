import type { Output } from '@millrace/core/spi'

/**
 * The values made of one record, kept until all of them are made: a record that fails half-way emits nothing, and what later
 * operators throw is not mistaken for a fault of the record.
 */
export class Emissions<T> implements Output<T> {
  readonly #values: T[] = []
  readonly #timestamps: (number | undefined)[] = []
  #count = 0
  #recordTimestamp: number | undefined

  /** Forgets the last record. A Kafka timestamp of -1 is none. */
  begin(timestamp: number): void {
    this.#count = 0
    this.#recordTimestamp = timestamp === -1 ? undefined : timestamp
  }

  collect(value: T, timestamp: number | undefined = this.#recordTimestamp): void {
    this.#values[this.#count] = value
    this.#timestamps[this.#count++] = timestamp
  }

  /** Returns how many there were. */
  emit(output: Output<T>): number {
    const count = this.#count
    for (let i = 0; i < count; i++) output.collect(this.#values[i] as T, this.#timestamps[i])
    return count
  }
}
