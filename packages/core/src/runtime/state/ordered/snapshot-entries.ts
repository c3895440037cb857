import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { KeyGroupChunk } from '../../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataOutput } from '../../../types/data-output.ts'

const NOTHING = new Uint8Array(0)
const MIN_OUTPUT_BYTES = 512

/**
 * Entries that have been written for the snapshot in progress and not handed over yet, by key group: where the walker is, and
 * ahead of it those that were about to change.
 */
export class SnapshotEntries {
  readonly #firstKeyGroup: number
  readonly #outputs: (DataOutput | undefined)[]
  readonly #counts: Int32Array
  /** For those to come: what the last one took, and a little more. */
  #outputBytes = MIN_OUTPUT_BYTES

  constructor({ start, end }: KeyGroupRange) {
    const keyGroups = Math.max(0, end - start + 1)
    this.#firstKeyGroup = start
    this.#outputs = Array.from({ length: keyGroups }, () => undefined)
    this.#counts = new Int32Array(keyGroups)
  }

  /** Where to write one more entry of a key group, which is counted. */
  next(keyGroup: number): DataOutput {
    const index = keyGroup - this.#firstKeyGroup
    this.#counts[index] = (this.#counts[index] as number) + 1
    return (this.#outputs[index] ??= createDataOutput(this.#outputBytes))
  }

  count(keyGroup: number): number {
    return this.#counts[keyGroup - this.#firstKeyGroup] as number
  }

  /** What was written for a key group since it was last taken. */
  take(keyGroup: number): KeyGroupChunk {
    const index = keyGroup - this.#firstKeyGroup
    const chunk = { keyGroup, bytes: this.#outputs[index]?.view() ?? NOTHING, entries: this.count(keyGroup) }
    this.#outputs[index] = undefined
    this.#counts[index] = 0
    this.#outputBytes = Math.max(MIN_OUTPUT_BYTES, Math.ceil(chunk.bytes.length * 1.125))
    return chunk
  }

  clear(): void {
    this.#outputs.fill(undefined)
    this.#counts.fill(0)
  }
}
