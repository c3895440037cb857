import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyGroupChunk } from '../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { DataOutput } from '../../types/data-output.ts'

/** An output with this much in it is full: it has grown to 16 KiB, and has room for one more entry of the usual kind. */
const FULL_BYTES = 15 * 1024
const LARGEST_KEPT_BYTES = 16 * 1024
/** Outputs that are used again, in this snapshot and in later ones, 8 MiB in all: fresh memory would make V8 collect garbage while the task waits. */
const MAX_FREE = 512
/** Of what was written ahead of the walk: so much is copied within a slice. */
const SLICE_BYTES = 256 * 1024

/** Entries of one key group as bytes. */
interface WrittenEntries {
  readonly output: DataOutput
  entries: number
}

/** What has been written for the snapshot in progress and not been taken yet, by key group. */
export class SnapshotBuffers {
  readonly #firstKeyGroup: number
  readonly #current: (WrittenEntries | undefined)[]
  /** Before `current`, the oldest first. */
  readonly #full = new Map<number, WrittenEntries[]>()
  readonly #free: DataOutput[] = []
  #taken: WrittenEntries | undefined

  constructor({ start, end }: KeyGroupRange) {
    this.#firstKeyGroup = start
    this.#current = Array.from({ length: Math.max(0, end - start + 1) }, () => undefined)
  }

  /** Where to write one entry of this key group, which is counted. */
  output(keyGroup: number): DataOutput {
    let written = this.#current[keyGroup - this.#firstKeyGroup]
    if (written === undefined || written.output.position >= FULL_BYTES) written = this.#next(keyGroup, written)
    written.entries++
    return written.output
  }

  /** What was written for a key group and has not been taken yet. The memory of a chunk is used again for the next one. */
  *chunks(keyGroup: number): Generator<KeyGroupChunk> {
    let sliceBytes = 0
    for (let written = this.#take(keyGroup); written !== undefined; written = this.#take(keyGroup)) {
      const bytes = written.output.view()
      sliceBytes += bytes.length
      const endsSlice = sliceBytes >= SLICE_BYTES
      if (endsSlice) sliceBytes = 0
      yield { keyGroup, bytes, entries: written.entries, endsSlice }
    }
  }

  clear(): void {
    for (const written of this.#current) if (written !== undefined) this.#release(written)
    this.#current.fill(undefined)
    this.#full.clear()
  }

  #next(keyGroup: number, full: WrittenEntries | undefined): WrittenEntries {
    if (full !== undefined) {
      const others = this.#full.get(keyGroup)
      if (others === undefined) this.#full.set(keyGroup, [full])
      else others.push(full)
    }
    const next = { output: this.#free.pop() ?? createDataOutput(512), entries: 0 }
    this.#current[keyGroup - this.#firstKeyGroup] = next
    return next
  }

  #take(keyGroup: number): WrittenEntries | undefined {
    if (this.#taken !== undefined) this.#release(this.#taken)
    this.#taken = this.#full.get(keyGroup)?.shift() ?? this.#takeCurrent(keyGroup - this.#firstKeyGroup)
    return this.#taken
  }

  #takeCurrent(index: number): WrittenEntries | undefined {
    const current = this.#current[index]
    this.#current[index] = undefined
    return current
  }

  #release({ output }: WrittenEntries): void {
    if (this.#free.length >= MAX_FREE || output.position > LARGEST_KEPT_BYTES) return
    output.reset()
    this.#free.push(output)
  }
}
