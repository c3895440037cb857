import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'
import { Generations } from './generations.ts'
import type { HeapBudget } from './heap-budget.ts'

/** Entries noted between two looks at how many they have become. */
const LOOK_EVERY = 1024

/** Entries of one key group that changed or came into being between two barriers, each once, in that order; some may be gone since. */
interface ChangeList<E> {
  readonly keys: StateKey[]
  readonly namespaces: Namespace[]
  readonly entries: E[]
  /** There were too many to be worth a list, which is empty: any entry may have changed. */
  tooMany: boolean
}

const newList = <E>(): ChangeList<E> => ({ keys: [], namespaces: [], entries: [], tooMany: false })

/** What has changed between barriers in one table, so that a snapshot of changes need not pass over everything to find it. */
export class ChangedEntries<E> {
  readonly #lists: Generations<ChangeList<E>>
  readonly #budget: HeapBudget
  readonly #keyGroups: number
  #known = false

  constructor(range: KeyGroupRange, budget: HeapBudget) {
    this.#lists = new Generations(range.start)
    this.#budget = budget
    this.#keyGroups = range.end - range.start + 1
  }

  /** See Generations.begin. */
  begin(barrier: number, base: number): void {
    this.#lists.begin(barrier, base)
    this.#known = base > -Infinity
  }

  /** Called for the first change of an entry after a barrier, and for a new one. */
  note(keyGroup: number, key: StateKey, namespace: Namespace, entry: E): void {
    const list = this.#lists.newest(keyGroup, newList<E>)
    if (list.tooMany) return
    const { keys, namespaces, entries } = list
    keys.push(key)
    namespaces.push(namespace)
    if (entries.push(entry) % LOOK_EVERY === 0 && this.#areMany(entries.length)) this.#giveUp(list)
  }

  /** Whether `since` has all that changed in a key group between the base and the last barrier. */
  knows(keyGroup: number): boolean {
    return this.#known && this.#lists.settled(keyGroup).every(({ tooMany }) => !tooMany)
  }

  /** What changed there, some of it since dropped; what changed between several barriers comes several times. */
  *since(keyGroup: number): Generator<readonly [key: StateKey, namespace: Namespace, entry: E]> {
    for (const { keys, namespaces, entries } of this.#lists.settled(keyGroup)) {
      for (let index = 0; index < entries.length; index++) yield [keys[index] as StateKey, namespaces[index] as Namespace, entries[index] as E]
    }
  }

  /** A list takes a fifth of what its entries do, and following it costs more for each than passing over all. */
  #areMany(count: number): boolean {
    return count * this.#keyGroups > this.#budget.entries / 2
  }

  #giveUp(list: ChangeList<E>): void {
    list.tooMany = true
    for (const column of [list.keys, list.namespaces, list.entries]) column.length = 0
  }
}
