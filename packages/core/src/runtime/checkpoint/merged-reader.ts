import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateReader, StateMeta } from '../../spi/keyed-state-snapshot.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import { EntryReader } from '../state/entry-encoding.ts'
import { stateId } from '../state/state-compatibility.ts'
import { NewerEntries } from './newer-entries.ts'
import { corruptFile } from './snapshot-file-format.ts'
import type { KeyedSnapshotFile, SnapshotFileReader } from './snapshot-file-reader.ts'

interface Layer extends SnapshotFileReader {
  /** By the index of a state in this file, its index in the merged snapshot. */
  readonly indexes: readonly number[]
}

/**
 * Reads a full snapshot and the changes after it as one full snapshot: the files of a checkpoint of one operator and subtask, the
 * oldest first. One key group is in memory at a time. Throws CKPT_CORRUPT, naming the file, if they do not build on each other.
 */
export function mergedReader(files: readonly KeyedSnapshotFile[], range: KeyGroupRange): KeyedStateReader {
  requireChain(files)
  const [only] = files
  if (only !== undefined && files.length === 1) return only.keyed(range)
  const states = mergedStates(files)
  const ids = states.map(stateId)
  const layers = files.map((file): Layer => ({ ...file.keyed(range), indexes: file.states.map((state) => ids.indexOf(stateId(state))) }))
  return { states, keyGroups: range, read: (keyGroup) => readMerged(layers, states, keyGroup) }
}

/** From the newest to the oldest, so that each entry is looked at once: it counts unless a newer file has it, or has removed it. */
async function readMerged(layers: readonly Layer[], states: readonly StateMeta[], keyGroup: number): Promise<Uint8Array> {
  const newer = new NewerEntries(states)
  const parts: Uint8Array[] = []
  for (const layer of layers.toReversed()) {
    const entries = toBuffer(await layer.read(keyGroup))
    parts.push(newer.isEmpty ? renumbered(entries, layer) : remaining(entries, layer, newer))
    if (layer === layers[0]) break
    newer.add(entries, toBuffer(await layer.removals(keyGroup)), layer.indexes)
  }
  // the older first, as they were written
  return Buffer.concat(parts.toReversed())
}

function remaining(bytes: Buffer, { indexes }: Layer, newer: NewerEntries): Uint8Array {
  return copyEntries(bytes, indexes, (reader, state) => !newer.has(bytes, reader, state))
}

function renumbered(bytes: Uint8Array, { indexes }: Layer): Uint8Array {
  return indexes.every((index, position) => index === position) ? bytes : copyEntries(bytes, indexes, () => true)
}

function copyEntries(bytes: Uint8Array, indexes: readonly number[], isKept: (reader: EntryReader, state: number) => boolean): Uint8Array {
  const output = createDataOutput(bytes.length + 16)
  const reader = new EntryReader()
  reader.wrap(bytes)
  while (reader.next()) {
    const state = indexes[reader.state] as number
    const begin = reader.input.position
    if (!isKept(reader, state)) continue
    output.writeVarUint(state)
    output.writeInt32(reader.end - begin)
    output.writeRaw(bytes.subarray(begin, reader.end))
  }
  return output.bytes()
}

/** The same bytes. */
function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Those of the newest file, and what only older ones have. */
function mergedStates(files: readonly KeyedSnapshotFile[]): readonly StateMeta[] {
  const states = new Map<string, StateMeta>()
  for (const file of files.toReversed()) for (const state of file.states) if (!states.has(stateId(state))) states.set(stateId(state), state)
  return [...states.values()]
}

function requireChain(files: readonly KeyedSnapshotFile[]): void {
  for (const [index, { path, since }] of files.entries()) {
    const before = files[index - 1]
    if (since === before?.checkpointId && (since !== undefined || before === undefined)) continue
    const found = before === undefined ? 'no file before it' : `the file before it is ${before.path}, of ${before.checkpointId === undefined ? 'no checkpoint that others build on' : `checkpoint ${before.checkpointId}`}`
    throw corruptFile(path, `it holds ${since === undefined ? 'everything' : `what changed since checkpoint ${since}`}, and ${found}`)
  }
}
