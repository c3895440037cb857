import { encodeCheckpointMetadata } from '../../src/runtime/checkpoint/checkpoint-metadata.ts'
import { SNAPSHOT_VERSION } from '../../src/runtime/checkpoint/snapshot-file-format.ts'
import { writeKeyedSnapshot } from '../../src/runtime/checkpoint/snapshot-file.ts'
import { encodeMetadataFile } from '../../src/runtime/checkpoint/storage/metadata-file.ts'
import { openScratchBackend } from '../../src/savepoint/scratch-backend.ts'
import { createFileSystems } from '../../src/file-system/file-systems.ts'
import type { StateOutput } from '../../src/spi/checkpoint-storage.ts'
import { disturb, fill, filledOperatorState, MAX_PARALLELISM } from './golden-state.ts'

const COMPLETED_MS = 1_700_000_001_000

/** Where the golden files of the format that is written now lie, beside this file. */
export const CURRENT = `v${SNAPSHOT_VERSION}`
export const KEYED_FILE = 'operator-0'
const BASE_FILE = 'operator-0-base'

/** A checkpoint of the golden state, in the format that is written now, by file name: changes on top of a full snapshot. */
export async function goldenFiles(): Promise<ReadonlyMap<string, Uint8Array>> {
  const keyGroups = { start: 0, end: MAX_PARALLELISM - 1 }
  const backend = await openScratchBackend({ uid: 'operator', maxParallelism: MAX_PARALLELISM, keyGroupRange: keyGroups, restore: [], incremental: true, fileSystems: createFileSystems(), now: () => 0 })
  fill(backend)
  const undo = disturb(backend)
  const [base, changes] = [memoryOutput(BASE_FILE), memoryOutput(KEYED_FILE)]
  const baseHandle = await writeKeyedSnapshot(backend.snapshot(6), base.output, () => Promise.resolve(), 6)
  undo()
  const handle = await writeKeyedSnapshot(backend.snapshot(7, 6), changes.output, () => Promise.resolve(), 7)
  await backend.close()
  const metadata = encodeCheckpointMetadata({
    jobName: 'golden',
    checkpointId: 7,
    timestampMs: COMPLETED_MS - 1000,
    savepoint: true,
    operators: [
      {
        uid: 'operator',
        name: 'Operator',
        maxParallelism: MAX_PARALLELISM,
        subtasks: [
          { finished: false, keyed: { handle, keyGroups, base: [baseHandle] }, operatorState: filledOperatorState() },
          { finished: true, keyed: undefined, operatorState: undefined },
        ],
        enumerator: { version: 4, bytes: new Uint8Array([1, 2, 255]) },
      },
    ],
  })
  return new Map([[BASE_FILE, base.bytes()], [KEYED_FILE, changes.bytes()], ['_metadata', encodeMetadataFile({ metadata, completedMs: COMPLETED_MS })]])
}

function memoryOutput(name: string): { readonly output: StateOutput; bytes(): Uint8Array } {
  const chunks: Uint8Array[] = []
  const bytes = (): Uint8Array => Buffer.concat(chunks)
  const output: StateOutput = {
    write: (chunk) => void chunks.push(chunk.slice()),
    ready: () => undefined,
    close: () => Promise.resolve({ path: name, sizeBytes: bytes().length }),
    abort: () => Promise.resolve(),
  }
  return { output, bytes }
}
