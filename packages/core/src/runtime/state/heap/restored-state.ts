import { MillraceError } from '../../../errors.ts'
import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { KeyedStateReader, StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { EntryReader } from '../entry-encoding.ts'
import { requireReadable, stateId } from '../state-compatibility.ts'

/** `readValue`: for entries that were written under another schema. */
type Load = (keyGroup: number, reader: EntryReader, readValue: ValueReader | undefined) => void

interface RestoredPart {
  readonly states: readonly StateMeta[]
  /** Names of states that no table has asked for yet. */
  readonly unclaimed: Set<string>
  readonly groups: readonly { readonly keyGroup: number; readonly bytes: Uint8Array }[]
}

/** Restored entries, kept as bytes until the operator registers their state: only then is their type known. */
export class RestoredState {
  readonly #operatorUid: string
  #parts: RestoredPart[] = []

  constructor(operatorUid: string) {
    this.#operatorUid = operatorUid
  }

  async read(readers: readonly KeyedStateReader[], range: KeyGroupRange): Promise<void> {
    for (const reader of readers) {
      const groups: { keyGroup: number; bytes: Uint8Array }[] = []
      const end = Math.min(range.end, reader.keyGroups.end)
      for (let keyGroup = Math.max(range.start, reader.keyGroups.start); keyGroup <= end; keyGroup++) {
        const bytes = await reader.read(keyGroup)
        if (bytes.length > 0) groups.push({ keyGroup, bytes })
      }
      this.#parts.push({ states: reader.states, unclaimed: new Set(reader.states.map(stateId)), groups })
    }
  }

  /** Throws STATE_INCOMPATIBLE when there are entries of this state that cannot be read as it. */
  requireReadable(meta: StateMeta, valueType: AnyType): void {
    const name = stateId(meta)
    for (const { states } of this.#parts) {
      const restored = states.find((state) => stateId(state) === name)
      if (restored !== undefined) requireReadable(restored, meta, valueType, this.#operatorUid)
    }
  }

  /** Hands every restored entry of a state to `load`. */
  claim(meta: StateMeta, valueType: AnyType, load: Load): void {
    const name = stateId(meta)
    const reader = new EntryReader()
    for (const part of this.#parts) {
      const index = part.states.findIndex((state) => stateId(state) === name)
      if (index === -1) continue
      const readValue = requireReadable(part.states[index] as StateMeta, meta, valueType, this.#operatorUid)
      for (const { keyGroup, bytes } of part.groups) this.#loadGroup(keyGroup, bytes, index, reader, (group, entry) => load(group, entry, readValue))
      part.unclaimed.delete(name)
    }
    this.#parts = this.#parts.filter((part) => part.unclaimed.size > 0)
  }

  /** Names of restored states that nobody registered. */
  unclaimed(): readonly string[] {
    return [...new Set(this.#parts.flatMap((part) => [...part.unclaimed]))].sort()
  }

  /** Gives up what nobody registered. */
  forget(): void {
    this.#parts = []
  }

  #loadGroup(keyGroup: number, bytes: Uint8Array, state: number, reader: EntryReader, load: (keyGroup: number, reader: EntryReader) => void): void {
    reader.wrap(bytes)
    while (reader.next()) {
      if (reader.state !== state) continue
      load(keyGroup, reader)
      if (!reader.atEnd()) throw this.#corrupt(keyGroup)
    }
  }

  #corrupt(keyGroup: number): MillraceError {
    return new MillraceError('STATE_CORRUPT', `Expected an entry of key group ${keyGroup} to end with its value, found more bytes: the serializer that wrote it is another one`, {
      origin: 'external',
      at: { uid: this.#operatorUid },
    })
  }
}
