/** What a table holds of a list state. */
export class ListCell<T> {
  items: T[]
  /** When each item was written, in the order of `items`; with a ttl only. */
  stampsMs: number[] | undefined
  /** `items` was handed out: what has seen it must not see it change. */
  shared = false

  constructor(items: T[], stampsMs: number[] | undefined) {
    this.items = items
    this.stampsMs = stampsMs
  }
}
