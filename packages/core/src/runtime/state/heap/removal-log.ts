import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataOutput } from '../../../types/data-output.ts'

interface Generation {
  /** What ChangeEpochs.written was at the barrier that ended it; Infinity before. */
  barrier: number
  /** By key group, in the canonical encoding of removals. */
  readonly outputs: (DataOutput | undefined)[]
}

/** What has been removed between barriers, for snapshots of changes. */
export class RemovalLog {
  readonly #range: KeyGroupRange
  #generations: Generation[] = []

  constructor(range: KeyGroupRange) {
    this.#range = range
  }

  /** A barrier. From now on only what was removed after `base` counts; -Infinity for a full snapshot, which later ones build on. */
  begin(barrier: number, base: number): void {
    const last = this.#generations.at(-1)
    if (last !== undefined) last.barrier = barrier
    this.#generations = base === -Infinity ? [] : this.#generations.filter((each) => each.barrier > base)
    this.#generations.push({ barrier: Infinity, outputs: [] })
  }

  /** Where to write what is removed from a key group now; only after the first barrier. */
  output(keyGroup: number): DataOutput {
    const { outputs } = this.#generations.at(-1) as Generation
    return (outputs[keyGroup - this.#range.start] ??= createDataOutput(64))
  }

  /** What was removed from a key group between the base and the last barrier. */
  removed(keyGroup: number): Uint8Array {
    const index = keyGroup - this.#range.start
    const parts = this.#generations.slice(0, -1).flatMap(({ outputs }) => outputs[index]?.view() ?? [])
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }
}
