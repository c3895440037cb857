import { MillraceError } from '../../../errors.ts'
import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { KeyedStateReader, StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import type { StoreWrite } from '../../../spi/ordered-store.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import type { ValueReader } from '../../../types/schema-evolution.ts'
import type { AnyType } from '../../../types/type-information.ts'
import { EntryReader } from '../entry-encoding.ts'
import { requireReadable, stateId } from '../state-compatibility.ts'
import { entryLayout } from './entry-layout.ts'
import type { WriteBehindStore } from './write-behind-store.ts'

const BATCH_ENTRIES = 1000
/** Two bytes of every store key. */
const MAX_TABLES = 65_536

export interface RestoredTable {
  readonly id: number
  /** Of the snapshot: its entries stay in the layout they were restored in. */
  readonly meta: StateMeta
  entries: number
}

/** Gives tables their numbers, and puts restored entries into the store: their bytes are those of the snapshot, whatever their types. */
export class RestoredTables {
  readonly #operatorUid: string
  readonly #store: WriteBehindStore
  #tables: RestoredTable[] = []
  #metas: StateMeta[] = []
  #nextId = 0
  readonly #output = createDataOutput(512)

  constructor(store: WriteBehindStore, operatorUid: string) {
    this.#store = store
    this.#operatorUid = operatorUid
  }

  async read(readers: readonly KeyedStateReader[], range: KeyGroupRange): Promise<void> {
    for (const reader of readers) {
      this.#metas.push(...reader.states)
      const tables = reader.states.map((meta) => this.#tableFor(meta))
      const end = Math.min(range.end, reader.keyGroups.end)
      for (let keyGroup = Math.max(range.start, reader.keyGroups.start); keyGroup <= end; keyGroup++) {
        await this.#readGroup(keyGroup, await reader.read(keyGroup), reader.states, tables)
      }
    }
    await this.#store.settled()
  }

  /**
   * The reader of values that were written under another schema, the same in all parts of a snapshot; undefined when they are
   * read as they are. Throws STATE_INCOMPATIBLE when there are entries of this state that cannot be read as it.
   */
  requireReadable(meta: StateMeta, valueType: AnyType): ValueReader | undefined {
    const name = stateId(meta)
    const found = this.#metas.filter((restored) => stateId(restored) === name)
    return found.map((restored) => requireReadable(restored, meta, valueType, this.#operatorUid))[0]
  }

  /** The restored table of a state, or a new one. */
  claim(meta: StateMeta): RestoredTable {
    const name = stateId(meta)
    const found = this.#tables.find((table) => stateId(table.meta) === name)
    this.#tables = this.#tables.filter((table) => table !== found)
    return found ?? this.#create(meta)
  }

  /** Names of restored states that nobody claimed. */
  unclaimed(): readonly string[] {
    return [...new Set(this.#tables.map(({ meta }) => stateId(meta)))].sort()
  }

  /** Gives up what nobody claimed; it stays in the store, where nobody looks. */
  forget(): void {
    this.#tables = []
    this.#metas = []
  }

  #tableFor(meta: StateMeta): RestoredTable {
    const known = this.#tables.find((table) => stateId(table.meta) === stateId(meta) && table.meta.kind === meta.kind)
    if (known !== undefined) return known
    const table = this.#create(meta)
    this.#tables.push(table)
    return table
  }

  #create(meta: StateMeta): RestoredTable {
    if (this.#nextId === MAX_TABLES) {
      throw new MillraceError('STATE_INVALID_DEFINITION', `An operator may have ${MAX_TABLES} states, found one more: '${meta.name}'`, { origin: 'engine', at: { uid: this.#operatorUid } })
    }
    return { id: this.#nextId++, meta, entries: 0 }
  }

  async #readGroup(keyGroup: number, bytes: Uint8Array, states: readonly StateMeta[], tables: readonly RestoredTable[]): Promise<void> {
    const layouts = tables.map(({ meta }) => entryLayout(meta))
    const output = this.#output
    const reader = new EntryReader()
    reader.wrap(bytes)
    let batch: StoreWrite[] = []
    while (reader.next()) {
      const table = tables[reader.state] as RestoredTable
      output.reset()
      output.writeByte(table.id >> 8)
      output.writeByte(table.id & 0xff)
      output.writeByte(keyGroup >> 8)
      output.writeByte(keyGroup & 0xff)
      layouts[reader.state]?.readBody(reader.input, bytes, output)
      const key = output.bytes()
      output.reset()
      if (states[reader.state]?.kind === 'timer') output.writeVarUint(table.entries)
      else output.writeRaw(bytes.subarray(reader.input.position, reader.end))
      table.entries++
      batch.push({ key, value: output.bytes(), replaces: false })
      if (batch.length === BATCH_ENTRIES) {
        await this.#write(batch)
        batch = []
      }
    }
    if (batch.length > 0) await this.#write(batch)
  }

  async #write(batch: readonly StoreWrite[]): Promise<void> {
    this.#store.writeUncached(batch)
    if (this.#store.saturated) await this.#store.settled()
  }
}
