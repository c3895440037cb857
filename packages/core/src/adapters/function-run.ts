import { MillraceError } from '../errors.ts'
import type { RunningSource, SourceFunctionContext } from '../spi/source-function.ts'
import type { SourceOutput } from '../spi/source-reader.ts'
import { estimateBytes } from '../types/estimate-bytes.ts'
import type { Emission, FunctionSplit } from './function-split.ts'

/** How much may wait between the function and the job before `ready()` holds the function back. */
const MAX_PENDING = 1024
const MAX_PENDING_BYTES = 1 << 20

/**
 * One `run` loop beside the task. The loop appends to `#pending`, `emit` takes from it. Nothing is emitted outside `emit`, so
 * a barrier finds every record on one of its two sides: emitted, or pending and therefore in the snapshot.
 */
export class FunctionRun<T> {
  readonly #split: FunctionSplit
  readonly #running: RunningSource<T>
  readonly #name: string
  readonly #pending: Emission[]
  #next = 0
  /** Estimated, of everything appended since the job last caught up. */
  #pendingBytes = 0
  #started = false
  #finished: boolean
  #failure: MillraceError | undefined
  #done: Promise<void> = Promise.resolve()
  #room: PromiseWithResolvers<void> | undefined

  constructor(name: string, split: FunctionSplit, running: RunningSource<T>) {
    this.#name = name
    this.#split = split
    this.#running = running
    this.#pending = [...split.pending]
    this.#finished = split.finished
  }

  get id(): string {
    return this.#split.id
  }

  /** Everything was emitted and the loop has returned. */
  get ended(): boolean {
    return this.#finished && this.#next === this.#pending.length
  }

  get hasPending(): boolean {
    return this.#next < this.#pending.length || this.#failure !== undefined
  }

  /** Starts the loop at the first call; `wake` is called whenever there is something to emit, or nothing will follow. */
  start(signal: AbortSignal, wake: () => void): void {
    if (this.#started || this.#finished) return
    this.#started = true
    this.#done = this.#run(signal, wake)
  }

  /** Returns the number of records emitted, at most `maxRecords`. Throws what the loop threw, after all it collected before. */
  emit(output: SourceOutput<T>, maxRecords: number): number {
    let records = 0
    while (records < maxRecords && this.#next < this.#pending.length) {
      const emission = this.#pending[this.#next++] as Emission
      if (emission.kind === 'record') {
        output.collect(emission.value as T, emission.timestamp)
        records++
      } else if (emission.kind === 'watermark') output.emitWatermark(emission.timestamp)
      else output.markIdle()
    }
    if (this.#next === this.#pending.length) {
      this.#pending.length = this.#next = this.#pendingBytes = 0
      this.#room?.resolve()
      this.#room = undefined
      if (this.#failure !== undefined) throw this.#failure
    }
    return records
  }

  snapshot(checkpointId: number): FunctionSplit {
    const { id, index, count } = this.#split
    const state = this.#started ? this.#running.snapshotState?.(checkpointId) : this.#split.state
    return { id, index, count, finished: this.#finished, pending: this.#pending.slice(this.#next), ...(state === undefined ? {} : { state }) }
  }

  notifyCheckpointComplete(checkpointId: number): void {
    this.#running.notifyCheckpointComplete?.(checkpointId)
  }

  /** To be called with the signal of `start` aborted. */
  async close(): Promise<void> {
    this.#room?.resolve()
    await this.#done
    await this.#running.close?.()
  }

  async #run(signal: AbortSignal, wake: () => void): Promise<void> {
    try {
      await this.#running.run(this.#context(signal, wake))
      // a loop that returns because it was told to stop has not come to the end of its data
      if (!signal.aborted) this.#finished = true
    } catch (error) {
      if (!signal.aborted) this.#failure = MillraceError.wrap(error, 'CORE_SOURCE_FUNCTION_FAILED', `source ${this.#name} failed`, { origin: 'user', at: { operator: this.#name } })
    }
    wake()
  }

  #context(signal: AbortSignal, wake: () => void): SourceFunctionContext<T> {
    const append = (emission: Emission): void => {
      this.#pending.push(emission)
      if (this.#pending.length === this.#next + 1) wake()
    }
    return {
      subtaskIndex: this.#split.index,
      parallelism: this.#split.count,
      signal,
      collect: (value, timestamp) => {
        this.#pendingBytes += estimateBytes(value)
        append({ kind: 'record', value, timestamp })
      },
      emitWatermark: (timestamp) => append({ kind: 'watermark', timestamp }),
      markIdle: () => append({ kind: 'idle' }),
      ready: () => {
        const hasRoom = this.#pending.length - this.#next < MAX_PENDING && this.#pendingBytes < MAX_PENDING_BYTES
        if (signal.aborted || hasRoom) return Promise.resolve()
        this.#room ??= Promise.withResolvers<void>()
        return this.#room.promise
      },
    }
  }
}
