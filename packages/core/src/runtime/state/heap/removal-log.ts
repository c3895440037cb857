import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import { Generations } from './generations.ts'

const newOutput = (): DataOutput => createDataOutput(64)

/** What has been removed between barriers, for snapshots of changes. */
export class RemovalLog {
  /** By key group, in the canonical encoding of removals. */
  readonly #outputs: Generations<DataOutput>

  constructor(firstKeyGroup: number) {
    this.#outputs = new Generations(firstKeyGroup)
  }

  /** See Generations.begin. */
  begin(barrier: number, base: number): void {
    this.#outputs.begin(barrier, base)
  }

  /** Where to write what is removed from a key group now. */
  output(keyGroup: number): DataOutput {
    return this.#outputs.newest(keyGroup, newOutput)
  }

  /** What was removed from a key group between the base and the last barrier. */
  removed(keyGroup: number): Uint8Array {
    const parts = this.#outputs.settled(keyGroup).map((output) => output.view())
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }
}
