import { defineSink } from '../spi/define-sink.ts'
import type { Sink } from '../spi/sink.ts'

/** A sink that keeps what it is given in this process, over all attempts and restores of the jobs that use it. */
export interface CollectingSink<in out T> extends Sink<T> {
  /** What is visible to readers, in the order in which it became so. */
  readonly values: readonly T[]
  /** The timestamps of `values`; absent ones as NO_TIMESTAMP. */
  readonly timestamps: readonly number[]
  /** Everything ever written, also what a failed attempt wrote and never committed. */
  readonly written: readonly T[]
}

export interface CollectingSinkOptions {
  readonly name?: string
  /** Exactly once (default): values are visible when their checkpoint has completed. At least once: when written. */
  readonly guarantee?: 'exactlyOnce' | 'atLeastOnce'
}

interface Batch<T> {
  readonly values: T[]
  readonly timestamps: number[]
}

/** For tests: what a job sends here can be read as an array, as an outside reader would see it. */
export function collectingSink<T>({ name = 'collecting', guarantee = 'exactlyOnce' }: CollectingSinkOptions = {}): CollectingSink<T> {
  const values: T[] = []
  const timestamps: number[] = []
  const written: T[] = []
  if (guarantee === 'atLeastOnce') {
    const sink = defineSink<T>({
      name,
      createWriter: () => ({
        write(value, timestamp) {
          written.push(value)
          values.push(value)
          timestamps.push(timestamp)
        },
        flush: () => undefined,
      }),
    })
    return { ...sink, values, timestamps, written }
  }
  // Committables name batches that stay here: committing one again finds it gone.
  const prepared = new Map<number, Batch<T>>()
  let batches = 0
  const sink = defineSink<T, number>({
    name,
    createWriter() {
      let batch: Batch<T> = { values: [], timestamps: [] }
      return {
        write(value, timestamp) {
          written.push(value)
          batch.values.push(value)
          batch.timestamps.push(timestamp)
        },
        flush: () => undefined,
        prepareCommit() {
          if (batch.values.length === 0) return []
          prepared.set(batches, batch)
          batch = { values: [], timestamps: [] }
          return [batches++]
        },
      }
    },
    createCommitter: () => ({
      commit(committables) {
        for (const committable of committables) {
          const batch = prepared.get(committable)
          if (batch === undefined) continue
          prepared.delete(committable)
          for (const value of batch.values) values.push(value)
          for (const timestamp of batch.timestamps) timestamps.push(timestamp)
        }
      },
    }),
  })
  return { ...sink, values, timestamps, written }
}
