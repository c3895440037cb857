import { MillraceError } from '../errors.ts'
import { defineSource } from '../spi/define-source.ts'
import type { InputBatch, InputFormat, InputSplit } from '../spi/input-format.ts'
import type { JsonValue } from '../spi/json-value.ts'
import type { SourceReader, SourceReaderContext } from '../spi/source-reader.ts'
import type { Source } from '../spi/source.ts'
import { untilAborted } from './until-aborted.ts'

/** A split and how far it has been read: `skip` records after the position `from`, which is absent at the start. */
interface Progress {
  readonly id: string
  readonly split: InputSplit
  readonly from?: JsonValue
  readonly skip: number
}

/** An InputFormat as a Source: its splits are handed out one by one, and one batch is read ahead of the one being emitted. */
export function inputFormatSource<T>(format: InputFormat<T>): Source<T> {
  return defineSource<T, Progress>({
    name: format.name,
    bounded: true,
    ...(format.type === undefined ? {} : { type: format.type }),
    discover: async (signal, parallelism) => (await format.createSplits(parallelism, signal)).map((split) => ({ id: split.id, split, skip: 0 })),
    createReader: (context) => new InputFormatReader(format, context),
  })
}

type Fetched<T> = { readonly kind: 'batch'; readonly batch: InputBatch<T> } | { readonly kind: 'end' } | { readonly kind: 'failed'; readonly error: unknown }

class InputFormatReader<T> implements SourceReader<T, Progress> {
  readonly #format: InputFormat<T>
  readonly #context: SourceReaderContext
  /** The first one is being read. */
  readonly #splits: Progress[] = []
  #batches: AsyncIterator<InputBatch<T>> | undefined
  #batch: InputBatch<T> | undefined
  #index = 0
  /** What reading ahead has come to; undefined while it is under way. */
  #ahead: Fetched<T> | undefined
  #fetching: Promise<void> = Promise.resolve()

  constructor(format: InputFormat<T>, context: SourceReaderContext) {
    this.#format = format
    this.#context = context
  }

  addSplits(splits: readonly Progress[]): void {
    this.#splits.push(...splits)
  }

  snapshotSplits(): readonly Progress[] {
    return this.#splits.map((progress, index) => (index === 0 ? this.#position(progress) : progress))
  }

  poll(output: Parameters<SourceReader<T>['poll']>[0], maxRecords: number): 'more' | 'pending' | 'end' {
    const progress = this.#splits[0]
    if (progress === undefined) return 'end'
    if (this.#batches === undefined) this.#open(progress)
    if (this.#batch === undefined && !this.#takeBatch(progress)) return this.#splits[0] === progress ? 'pending' : this.#ended(output, progress)
    const { values, position } = this.#batch as unknown as InputBatch<T>
    const split = output.forSplit(progress.id)
    const end = Math.min(values.length, this.#index + maxRecords)
    while (this.#index < end) split.collect(values[this.#index++] as T)
    if (this.#index === values.length) {
      this.#splits[0] = { id: progress.id, split: progress.split, from: position, skip: Math.max(0, progress.skip - values.length) }
      this.#batch = undefined
    }
    return 'more'
  }

  available(signal: AbortSignal): Promise<void> {
    return untilAborted(this.#fetching, signal)
  }

  async close(): Promise<void> {
    await this.#batches?.return?.()
  }

  #open(progress: Progress): void {
    this.#batches = this.#format.open(progress.split, { from: progress.from, signal: this.#context.signal })[Symbol.asyncIterator]()
    this.#fetch()
  }

  #fetch(): void {
    this.#ahead = undefined
    this.#fetching = this.#next()
  }

  async #next(): Promise<void> {
    try {
      const result = await (this.#batches as AsyncIterator<InputBatch<T>>).next()
      this.#ahead = result.done === true ? { kind: 'end' } : { kind: 'batch', batch: result.value }
    } catch (error) {
      this.#ahead = { kind: 'failed', error }
    }
  }

  /** Makes the batch read ahead the current one. False: it is not there yet, or the split has ended and is removed. */
  #takeBatch(progress: Progress): boolean {
    const ahead = this.#ahead
    if (ahead === undefined) return false
    if (ahead.kind === 'failed') throw ahead.error
    if (ahead.kind === 'end') {
      if (progress.skip > 0) throw lostPosition(this.#format.name, progress)
      this.#splits.shift()
      this.#batches = undefined
      return false
    }
    this.#batch = ahead.batch
    // after a restore the first records were emitted before; they may span several batches
    this.#index = Math.min(progress.skip, ahead.batch.values.length)
    this.#fetch()
    return true
  }

  #ended(output: Parameters<SourceReader<T>['poll']>[0], { id }: Progress): 'more' | 'end' {
    output.releaseSplit(id)
    return this.#splits.length > 0 ? 'more' : 'end'
  }

  #position(progress: Progress): Progress {
    return this.#batch === undefined ? progress : { ...progress, skip: Math.max(progress.skip, this.#index) }
  }
}

function lostPosition(name: string, { id, skip }: Progress): MillraceError {
  const message = `expected at least ${skip} more records after the restored position, found the end; the input has changed since the checkpoint: restore the data, or start without the checkpoint`
  return new MillraceError('CORE_RESUME_POSITION_LOST', message, { origin: 'external', at: { operator: name, file: id } })
}
