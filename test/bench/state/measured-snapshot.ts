import type { FileSystem, KeyedStateSnapshot, KeyGroupChunk, StateOutput } from '@millrace/core/spi'
import { createFileStateOutput } from '../../../packages/core/src/runtime/checkpoint/storage/file-state-output.ts'
import { writeKeyedSnapshot } from '../../../packages/core/src/runtime/checkpoint/snapshot-file.ts'
import { nextTurn } from './open-state.ts'

export interface MeasuredSnapshot {
  readonly bytes: number
  /** How long the writer kept the thread each time. */
  readonly slicesMs: readonly number[]
  /** How much of that the thread was running: the rest it waited for a processor, or for a lock of the store. */
  readonly slicesCpuMs: readonly number[]
  /** From the end of one batch of records to that of the next. */
  readonly stallsMs: readonly number[]
}

/** Writes a snapshot into a file, as a task does, and lets one batch after the other have its turn meanwhile. */
export async function measuredSnapshot(snapshot: KeyedStateSnapshot, fileSystem: FileSystem, path: { readonly directory: string; readonly name: string }, batch: () => Promise<void>): Promise<MeasuredSnapshot> {
  const slices = new Slices()
  const output = await createFileStateOutput(fileSystem, path.directory, path.name)
  let done = false
  slices.begin()
  let read: Promise<void> | undefined
  const chunks = function* (): Generator<KeyGroupChunk> {
    for (const chunk of snapshot.chunks()) {
      read = chunk.nextRead
      yield chunk
    }
  }
  // the writer waits for the read itself, too, after its pause: here it has passed by then
  const pause = async (): Promise<void> => void (await Promise.all([nextTurn(), read]))
  const watched: KeyedStateSnapshot = { ...snapshot, chunks }
  const written = writeKeyedSnapshot(watched, slices.around(output), () => slices.outside(pause()), 1).finally(() => (done = true))
  slices.end()
  const stallsMs: number[] = []
  while (!done) stallsMs.push(await timed(batch))
  return { bytes: (await written).sizeBytes, slicesMs: slices.durationsMs, slicesCpuMs: slices.cpuMs, stallsMs }
}

export async function timed(action: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** The stretches between two moments at which the writer gives way. */
class Slices {
  readonly durationsMs: number[] = []
  readonly cpuMs: number[] = []
  #startMs = 0
  #startCpuMs = 0

  begin(): void {
    this.#startCpuMs = threadCpuMs()
    this.#startMs = performance.now()
  }

  end(): void {
    this.durationsMs.push(performance.now() - this.#startMs)
    this.cpuMs.push(threadCpuMs() - this.#startCpuMs)
  }

  async outside<T>(wait: Promise<T>): Promise<T> {
    this.end()
    const result = await wait
    this.begin()
    return result
  }

  around(output: StateOutput): StateOutput {
    return {
      ...output,
      ready: () => {
        const full = output.ready()
        return full && this.outside(full)
      },
    }
  }
}

function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}
