import { existsSync, readFileSync } from 'node:fs'
import type { FileSystem, KeyedStateSnapshot, KeyGroupChunk, StateOutput } from '@millrace/core/spi'
import { createFileStateOutput } from '../../../packages/core/src/runtime/checkpoint/storage/file-state-output.ts'
import { writeKeyedSnapshot } from '../../../packages/core/src/runtime/checkpoint/snapshot-file.ts'
import { nextTurn } from './open-state.ts'

/** Of Linux. */
const SCHEDULED = '/proc/thread-self/schedstat'
const TELLS_WAITING = existsSync(SCHEDULED)

export interface MeasuredSnapshot {
  readonly bytes: number
  /** How long the writer kept the thread each time. */
  readonly slicesMs: readonly number[]
  /** The same without the time that the thread waited for a processor, where the system tells it. */
  readonly slicesOwnMs: readonly number[]
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
  return { bytes: (await written).sizeBytes, slicesMs: slices.durationsMs, slicesOwnMs: slices.ownMs, stallsMs }
}

export async function timed(action: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await action()
  return performance.now() - start
}

/** The stretches between two moments at which the writer gives way. */
class Slices {
  readonly durationsMs: number[] = []
  readonly ownMs: number[] = []
  #startMs = 0
  #waitedMs = 0

  begin(): void {
    this.#waitedMs = waitedMs()
    this.#startMs = performance.now()
  }

  end(): void {
    const durationMs = performance.now() - this.#startMs
    this.durationsMs.push(durationMs)
    this.ownMs.push(durationMs - (waitedMs() - this.#waitedMs))
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

/** How long this thread has been ready to run, and others have run: the second number there (Documentation/scheduler/sched-stats.rst of Linux). */
function waitedMs(): number {
  return TELLS_WAITING ? Number(readFileSync(SCHEDULED, 'latin1').split(' ')[1]) / 1e6 : 0
}
