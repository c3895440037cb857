import { crc32 } from 'node:zlib'
import type { StateHandle, StateOutput } from '../../spi/checkpoint-storage.ts'
import type { KeyedStateSnapshot } from '../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import { BlockOutput } from './block-output.ts'
import { SNAPSHOT_MAGIC, SNAPSHOT_VERSION } from './snapshot-file-format.ts'
import type { KeyGroupPiece, RemovalsPiece, SnapshotHeader, SnapshotIndex, SnapshotSection } from './snapshot-file-format.ts'

/** After so many entries the task gets its turn, where a backend does not say; a slice of the walker that wrote less ends one too. */
const ENTRIES_BETWEEN_PAUSES = 2000

export interface SnapshotContents {
  readonly keyed?: KeyedStateSnapshot
  /** Of a snapshot that later ones may build on, or that builds on earlier ones. */
  readonly checkpointId?: number
  /** Operator state and the like: small, taken at the barrier. */
  readonly sections?: ReadonlyMap<string, Uint8Array>
}

/**
 * Writes a snapshot file and closes the output. `pause` is called between slices of a few milliseconds: it resolves when
 * the task has had its turn. Also after a failure the snapshot is released, and the output aborted.
 */
export async function writeSnapshotFile(contents: SnapshotContents, output: StateOutput, pause: () => Promise<void>): Promise<StateHandle> {
  const { keyed, checkpointId, sections } = contents
  try {
    const file = new SnapshotFileWriter(output, headerOf(keyed, checkpointId))
    if (keyed !== undefined) await writeChunks(keyed, file, output, pause)
    for (const [name, bytes] of sections ?? []) file.section(name, bytes)
    file.finish()
    await output.ready()
    return await output.close()
  } catch (error) {
    keyed?.release()
    // that it cannot even be aborted follows from the failure, which is what to report
    await output.abort().catch(() => {})
    throw error
  }
}

async function writeChunks(snapshot: KeyedStateSnapshot, file: SnapshotFileWriter, output: StateOutput, pause: () => Promise<void>): Promise<void> {
  let entries = 0
  for (const chunk of snapshot.chunks()) {
    if (chunk.entries > 0) file.keyGroup(chunk.keyGroup, chunk.bytes, chunk.entries)
    if (chunk.removals !== undefined) file.removals(chunk.keyGroup, chunk.removals)
    entries += chunk.entries
    const full = output.ready()
    if (full !== undefined) await full
    if (!(chunk.endsSlice ?? (entries >= ENTRIES_BETWEEN_PAUSES || chunk.entries === 0))) continue
    entries = 0
    await pause()
    if (chunk.nextRead !== undefined) await chunk.nextRead
  }
}

function headerOf(keyed: KeyedStateSnapshot | undefined, checkpointId: number | undefined): SnapshotHeader {
  return { states: keyed?.states ?? [], ...(checkpointId === undefined ? {} : { checkpointId }), ...(keyed?.since === undefined ? {} : { since: keyed.since }) }
}

class SnapshotFileWriter {
  readonly #output: StateOutput
  readonly #blocks: BlockOutput
  readonly #keyGroups: KeyGroupPiece[] = []
  readonly #removals: RemovalsPiece[] = []
  readonly #sections: SnapshotSection[] = []
  #position = 0

  constructor(output: StateOutput, header: SnapshotHeader) {
    this.#output = output
    this.#blocks = new BlockOutput(output)
    const json = toJsonBytes(header)
    const bytes = createDataOutput(json.length + 32)
    bytes.writeRaw(SNAPSHOT_MAGIC)
    bytes.writeInt32(SNAPSHOT_VERSION)
    bytes.writeInt32(json.length)
    bytes.writeRaw(json)
    bytes.writeInt32(crc32(bytes.view()))
    this.#write(bytes.bytes())
  }

  keyGroup(keyGroup: number, bytes: Uint8Array, entries: number): void {
    this.#keyGroups.push([keyGroup, this.#position, bytes.length, crc32(bytes), entries])
    this.#gather(bytes)
  }

  removals(keyGroup: number, bytes: Uint8Array): void {
    this.#removals.push([keyGroup, this.#position, bytes.length, crc32(bytes)])
    this.#gather(bytes)
  }

  section(name: string, bytes: Uint8Array): void {
    this.#sections.push({ name, offset: this.#position, length: bytes.length, crc32: crc32(bytes) })
    this.#gather(bytes)
  }

  finish(): void {
    this.#blocks.flush()
    const index: SnapshotIndex = { keyGroups: this.#keyGroups, ...(this.#removals.length === 0 ? {} : { removals: this.#removals }), sections: this.#sections }
    const json = toJsonBytes(index)
    const footer = createDataOutput(64)
    footer.writeFloat64(this.#position)
    footer.writeInt32(json.length)
    footer.writeInt32(crc32(json))
    footer.writeInt32(SNAPSHOT_VERSION)
    footer.writeInt32(crc32(footer.view()))
    footer.writeRaw(SNAPSHOT_MAGIC)
    this.#write(json)
    this.#write(footer.bytes())
  }

  #gather(bytes: Uint8Array): void {
    this.#blocks.write(bytes)
    this.#position += bytes.length
  }

  #write(bytes: Uint8Array): void {
    this.#output.write(bytes)
    this.#position += bytes.length
  }
}

function toJsonBytes(value: SnapshotHeader | SnapshotIndex): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}
