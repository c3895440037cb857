import { MillraceError } from '../../../errors.ts'
import type { KeyGroupRange } from '../../../spi/key-group-range.ts'
import type { Namespace, StateKey } from '../../../spi/keyed-state-backend.ts'

type Named = Exclude<Namespace, null>

/** The index of a key group in arrays of a subtask. Throws for one that belongs to another subtask. */
export function groupIndex(range: KeyGroupRange, keyGroup: number): number {
  if (keyGroup >= range.start && keyGroup <= range.end) return keyGroup - range.start
  throw new MillraceError('STATE_WRONG_KEY_GROUP', `Expected a key group from ${range.start} to ${range.end}, found ${keyGroup}: the record was sent to the wrong subtask`, {
    origin: 'engine',
  })
}

/**
 * Leaves by (key group, key, namespace), one Map per key group: a single big Map stalls for half a second when it grows.
 * Without a namespace a leaf is one probe away; with one there is a small map per key.
 */
export class KeyNamespaceMap<L> {
  readonly range: KeyGroupRange
  readonly #start: number
  readonly #plain: (Map<StateKey, L> | undefined)[]
  readonly #named: (Map<StateKey, Map<Named, L>> | undefined)[]

  constructor(range: KeyGroupRange) {
    this.range = range
    this.#start = range.start
    const groups = { length: Math.max(0, range.end - range.start + 1) }
    this.#plain = Array.from(groups, () => undefined)
    this.#named = Array.from(groups, () => undefined)
  }

  get(keyGroup: number, key: StateKey, namespace: Namespace): L | undefined {
    if (namespace === null) return this.#plain[keyGroup - this.#start]?.get(key)
    return this.#named[keyGroup - this.#start]?.get(key)?.get(namespace)
  }

  set(keyGroup: number, key: StateKey, namespace: Namespace, leaf: L): void {
    const index = groupIndex(this.range, keyGroup)
    if (namespace === null) {
      const keys = (this.#plain[index] ??= new Map<StateKey, L>())
      keys.set(key, leaf)
      return
    }
    const keys = (this.#named[index] ??= new Map<StateKey, Map<Named, L>>())
    const namespaces = keys.get(key)
    if (namespaces === undefined) keys.set(key, new Map<Named, L>().set(namespace, leaf))
    else namespaces.set(namespace, leaf)
  }

  delete(keyGroup: number, key: StateKey, namespace: Namespace): void {
    const index = keyGroup - this.#start
    if (namespace === null) {
      this.#plain[index]?.delete(key)
      return
    }
    const keys = this.#named[index]
    const namespaces = keys?.get(key)
    if (namespaces?.delete(namespace) === true && namespaces.size === 0) keys?.delete(key)
  }

  /** Leaves without a namespace; live. */
  plain(keyGroup: number): Map<StateKey, L> | undefined {
    return this.#plain[keyGroup - this.#start]
  }

  /** Leaves with one; live. */
  named(keyGroup: number): Map<StateKey, Map<Named, L>> | undefined {
    return this.#named[keyGroup - this.#start]
  }

  /** Those of one namespace, live: leaves already passed may be deleted meanwhile. */
  *ofNamespace(namespace: Namespace): Generator<readonly [keyGroup: number, key: StateKey, leaf: L]> {
    for (let keyGroup = this.range.start; keyGroup <= this.range.end; keyGroup++) {
      if (namespace === null) {
        for (const [key, leaf] of this.plain(keyGroup) ?? []) yield [keyGroup, key, leaf]
        continue
      }
      for (const [key, namespaces] of this.named(keyGroup) ?? []) {
        const leaf = namespaces.get(namespace)
        if (leaf !== undefined) yield [keyGroup, key, leaf]
      }
    }
  }

  namespaces(): Set<Namespace> {
    const found = new Set<Namespace>()
    for (let keyGroup = this.range.start; keyGroup <= this.range.end; keyGroup++) {
      if ((this.plain(keyGroup)?.size ?? 0) > 0) found.add(null)
      for (const namespaces of this.named(keyGroup)?.values() ?? []) for (const namespace of namespaces.keys()) found.add(namespace)
    }
    return found
  }

  namespacesOf(keyGroup: number, key: StateKey): Namespace[] {
    const named = this.named(keyGroup)?.get(key)?.keys() ?? []
    return this.plain(keyGroup)?.has(key) === true ? [null, ...named] : [...named]
  }
}
