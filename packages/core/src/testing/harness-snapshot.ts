import type { KeyGroupRange } from '../spi/key-group-range.ts'
import type { KeyedStateReader, KeyedStateSnapshot, StateMeta } from '../spi/keyed-state-snapshot.ts'

/** All state of one operator in one subtask, as bytes. */
export interface HarnessSnapshot {
  readonly checkpointId: number
  readonly keyGroupRange: KeyGroupRange
  readonly states: readonly StateMeta[]
  /** By key group. */
  readonly keyed: ReadonlyMap<number, Uint8Array>
  readonly operatorState: Uint8Array | undefined
}

export function readKeyed(snapshot: KeyedStateSnapshot): Map<number, Uint8Array> {
  const chunks = new Map<number, Uint8Array[]>()
  for (const { keyGroup, bytes } of snapshot.chunks()) {
    const parts = chunks.get(keyGroup)
    if (parts === undefined) chunks.set(keyGroup, [bytes.slice()])
    else parts.push(bytes.slice())
  }
  return new Map([...chunks].map(([keyGroup, parts]) => [keyGroup, Buffer.concat(parts)]))
}

export function keyedReader(snapshot: HarnessSnapshot): KeyedStateReader {
  return {
    states: snapshot.states,
    keyGroups: snapshot.keyGroupRange,
    read: (keyGroup) => Promise.resolve(snapshot.keyed.get(keyGroup) ?? new Uint8Array()),
  }
}

/** The entries of a snapshot as text, in an order that does not depend on how it was written. */
export function canonicalEntries(keyed: ReadonlyMap<number, Uint8Array>): readonly string[] {
  const entries: string[] = []
  for (const [keyGroup, bytes] of keyed) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < buffer.length; ) {
      const start = at
      while ((buffer[at] as number) >= 0x80) at++
      at += 1 + 4 + buffer.readInt32LE(at + 1)
      entries.push(`${keyGroup}:${buffer.toString('hex', start, at)}`)
    }
  }
  return entries.sort()
}
