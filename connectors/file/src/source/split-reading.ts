import { MillraceError } from '@millrace/core/spi'
import type { FileReaderFormat, FileRecordReader, FileSystem, OpenFile, RecordBatch, SourceOutput } from '@millrace/core/spi'
import { describeChange, fileChanged } from './file-changed.ts'
import type { FileSplit } from './file-split.ts'
import { formatInput } from './format-input.ts'

/**
 * Reads one split. While one batch is being emitted the next is being read, never more than that: two batches are held.
 * `advance` and `emit` are synchronous; whatever fails in the background is thrown by the next `advance`.
 */
export class SplitReading<T> {
  readonly #split: FileSplit
  readonly #fileSystem: FileSystem
  readonly #format: FileReaderFormat<T>
  readonly #stop = new AbortController()
  #file: OpenFile | undefined
  #records: FileRecordReader<T> | undefined

  #batch: RecordBatch<T> | undefined
  #good = 0
  #bad = 0
  /** Records still to be passed over because they were emitted before the checkpoint. */
  #toSkip: number

  #next: RecordBatch<T> | undefined
  #ended = false
  #failure: unknown
  #reading: Promise<void> | undefined

  constructor(split: FileSplit, fileSystem: FileSystem, format: FileReaderFormat<T>) {
    this.#split = split
    this.#fileSystem = fileSystem
    this.#format = format
    this.#toSkip = split.skip
  }

  get splitId(): string {
    return this.#split.id
  }

  /** Resolves when reading in the background has something to tell; undefined when nothing is being read. Never rejects. */
  get reading(): Promise<void> | undefined {
    return this.#reading
  }

  /** Makes sure that there is a record to emit, or tells why not. */
  advance(): 'ready' | 'pending' | 'ended' {
    for (;;) {
      if (this.#batch !== undefined && this.#good + this.#bad < size(this.#batch)) return 'ready'
      if (this.#failure !== undefined) throw this.#failure
      const next = this.#next
      if (next === undefined) {
        if (this.#ended) {
          if (this.#toSkip === 0) return 'ended'
          throw fileChanged(this.#split, `it has ${this.#toSkip} records fewer than were read from it before the checkpoint, or its format was configured differently then`)
        }
        this.#reading ??= this.#readNext()
        return 'pending'
      }
      this.#next = undefined
      this.#reading = this.#readNext()
      this.#batch = next
      this.#good = 0
      this.#bad = 0
      this.#skip(next)
    }
  }

  /** Emits up to `max` records of the current batch, good and bad in reading order; returns how many. */
  emit(output: SourceOutput<T>, max: number): number {
    const batch = this.#batch
    if (batch === undefined) return 0
    const { values, bad } = batch
    let left = max
    while (left > 0) {
      const nextBad = bad[this.#bad]
      if (nextBad !== undefined && nextBad.index <= this.#good) {
        this.#bad++
        left--
        output.reject(nextBad.record)
        continue
      }
      const end = Math.min(nextBad === undefined ? values.length : nextBad.index, this.#good + left)
      if (this.#good >= end) break
      left -= end - this.#good
      while (this.#good < end) output.collect(values[this.#good++] as T)
    }
    return max - left
  }

  /** The split from after the last emitted record on. */
  snapshot(): FileSplit {
    if (this.#batch === undefined) return this.#split
    return { ...this.#split, position: this.#batch.position, skip: this.#good + this.#bad + this.#toSkip }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    await this.#reading
    await this.#release()
  }

  #skip(batch: RecordBatch<T>): void {
    while (this.#toSkip > 0 && this.#good + this.#bad < size(batch)) {
      const nextBad = batch.bad[this.#bad]
      if (nextBad !== undefined && nextBad.index <= this.#good) this.#bad++
      else this.#good++
      this.#toSkip--
    }
  }

  /** Never rejects: what fails is kept in #failure. */
  async #readNext(): Promise<void> {
    try {
      this.#records ??= await this.#open()
      this.#stop.signal.throwIfAborted()
      let batch = await this.#records.readBatch()
      while (batch !== undefined && size(batch) === 0) batch = await this.#records.readBatch()
      if (batch === undefined) await this.#end()
      this.#next = batch
    } catch (error) {
      this.#failure = await this.#explain(error)
    } finally {
      this.#reading = undefined
    }
  }

  async #open(): Promise<FileRecordReader<T>> {
    const { path, size: expected, compression, range, position } = this.#split
    const change = await describeChange(this.#fileSystem, this.#split)
    if (change !== undefined) throw fileChanged(this.#split, change)
    this.#file = await this.#fileSystem.open(path)
    if (this.#file.size !== expected) throw fileChanged(this.#split, `expected ${expected} bytes, found ${this.#file.size}`)
    return this.#format.open(formatInput(this.#file, compression), {
      ...(range === null ? {} : { range }),
      ...(position === null ? {} : { position }),
      signal: this.#stop.signal,
    })
  }

  async #end(): Promise<void> {
    const change = await describeChange(this.#fileSystem, this.#split)
    if (change !== undefined) throw fileChanged(this.#split, change)
    await this.#release()
    this.#ended = true
  }

  async #release(): Promise<void> {
    const [records, file] = [this.#records, this.#file]
    this.#records = undefined
    this.#file = undefined
    try {
      await records?.close()
    } finally {
      await file?.close()
    }
  }

  /** Damage is often only the sign that the file was replaced while it was being read; that is the better message then. */
  async #explain(error: unknown): Promise<unknown> {
    const at = { file: this.#split.path }
    const located = MillraceError.is(error) ? error.located(at) : MillraceError.wrap(error, 'FILE_READ_FAILED', `Cannot read ${at.file}`, { origin: 'external', at })
    if (located.code === 'FILE_CHANGED' || this.#stop.signal.aborted) return located
    try {
      const change = await describeChange(this.#fileSystem, this.#split)
      return change === undefined ? located : fileChanged(this.#split, change, located)
    } catch {
      return located // the store is out of reach now; the first error says more than the second
    }
  }
}

function size(batch: RecordBatch<unknown>): number {
  return batch.values.length + batch.bad.length
}
