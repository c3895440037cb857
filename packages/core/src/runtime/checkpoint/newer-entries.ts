import type { StateMeta } from '../../spi/keyed-state-snapshot.ts'
import { skipKey } from '../../types/canonical-key.ts'
import type { DataInput } from '../../types/data-input.ts'
import { EntryReader, skipNamespace } from '../state/entry-encoding.ts'
import { REMOVED } from '../state/removal-encoding.ts'

interface NewerOfState {
  readonly kind: StateMeta['kind']
  /** By the bytes of a body up to its value. */
  readonly entries: Set<string>
  readonly namespaces: Set<string>
  /** Of map state: by the bytes of key and namespace. */
  readonly maps: Set<string>
}

/** What newer files say of a key group: entries they have in another form, or have removed. */
export class NewerEntries {
  isEmpty = true
  readonly #states: readonly NewerOfState[]
  readonly #reader = new EntryReader()

  constructor(states: readonly StateMeta[]) {
    this.#states = states.map(({ kind }) => ({ kind, entries: new Set(), namespaces: new Set(), maps: new Set() }))
  }

  /** `indexes`: what the states of this file are called here. */
  add(entries: Buffer, removals: Buffer, indexes: readonly number[]): void {
    const reader = this.#reader
    reader.wrap(entries)
    while (reader.next()) {
      const state = this.#states[indexes[reader.state] as number] as NewerOfState
      state.entries.add(identityOf(entries, reader.input, state.kind))
    }
    reader.wrap(removals)
    while (reader.next()) this.#remove(this.#states[indexes[reader.state] as number] as NewerOfState, removals, reader)
    this.isEmpty &&= entries.length === 0 && removals.length === 0
  }

  /** Whether the entry whose body `reader` stands at is overtaken. */
  has(bytes: Buffer, { input }: EntryReader, state: number): boolean {
    const { kind, entries, namespaces, maps } = this.#states[state] as NewerOfState
    const begin = input.position
    if (kind === 'timer') input.readVarLong()
    skipKey(input)
    const keyEnd = input.position
    skipNamespace(input)
    if (namespaces.size > 0 && namespaces.has(text(bytes, keyEnd, input.position))) return true
    if (maps.size > 0 && maps.has(text(bytes, begin, input.position))) return true
    if (kind === 'map') input.skip(input.readInt32())
    return entries.has(text(bytes, begin, input.position))
  }

  #remove(state: NewerOfState, bytes: Buffer, { input, end }: EntryReader): void {
    const what = input.readByte()
    const removed = text(bytes, input.position, end)
    if (what === REMOVED.entry) state.entries.add(removed)
    else if (what === REMOVED.namespace) state.namespaces.add(removed)
    else state.maps.add(removed)
  }
}

function identityOf(bytes: Buffer, input: DataInput, kind: StateMeta['kind']): string {
  const begin = input.position
  if (kind === 'timer') input.readVarLong()
  skipKey(input)
  skipNamespace(input)
  if (kind === 'map') input.skip(input.readInt32())
  return text(bytes, begin, input.position)
}

function text(bytes: Buffer, begin: number, end: number): string {
  return bytes.toString('latin1', begin, end)
}
