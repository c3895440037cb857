import type { Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import { writeKey } from '../../types/canonical-key.ts'
import type { DataOutput } from '../../types/data-output.ts'
import { fromStateKey } from '../../types/state-key.ts'
import { beginEntry, beginLength, endLength, writeNamespace } from './entry-encoding.ts'
import type { Writer } from './entry-encoding.ts'

/*
 * What an incremental snapshot says has gone since the one before it (docs/snapshot-format.md):
 *
 *   removal = varuint index of the state, int32 length of the rest, byte what, …
 *     0       one entry: what its body begins with, up to the value
 *     1       all entries of a namespace: namespace
 *     2       all entries of a map: key, namespace
 */
export const REMOVED = { entry: 0, namespace: 1, map: 2 } as const

/** `writeIdentity` writes the body of the entry up to its value. */
export function writeEntryRemoval(output: DataOutput, state: number, writeIdentity: (output: DataOutput) => void): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.entry)
  writeIdentity(output)
  endLength(output, length)
}

export function writeValueRemoval(output: DataOutput, state: number, key: StateKey, namespace: Namespace): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.entry)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  endLength(output, length)
}

export function writeMapEntryRemoval(output: DataOutput, state: number, key: StateKey, namespace: Namespace, userKey: unknown, userKeys: Writer): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.entry)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  const userKeyLength = beginLength(output)
  userKeys.write(userKey, output)
  endLength(output, userKeyLength)
  endLength(output, length)
}

export function writeTimerRemoval(output: DataOutput, state: number, timestamp: number, key: StateKey, namespace: Namespace): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.entry)
  output.writeVarLong(timestamp)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  endLength(output, length)
}

export function writeNamespaceRemoval(output: DataOutput, state: number, namespace: Namespace): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.namespace)
  writeNamespace(namespace, output)
  endLength(output, length)
}

export function writeMapRemoval(output: DataOutput, state: number, key: StateKey, namespace: Namespace): void {
  const length = beginEntry(output, state)
  output.writeByte(REMOVED.map)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  endLength(output, length)
}
