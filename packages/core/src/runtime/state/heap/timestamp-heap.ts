const ARITY = 4

/** A 4-ary minimum heap of timestamps in a typed array. */
export class TimestampHeap {
  size = 0
  #items = new Float64Array(64)

  /** The smallest; Infinity when empty. */
  peek(): number {
    return this.size === 0 ? Infinity : (this.#items[0] as number)
  }

  push(timestamp: number): void {
    if (this.size === this.#items.length) {
      const larger = new Float64Array(this.size * 2)
      larger.set(this.#items)
      this.#items = larger
    }
    const items = this.#items
    let at = this.size++
    while (at > 0) {
      const parent = (at - 1) >> 2
      const above = items[parent] as number
      if (above <= timestamp) break
      items[at] = above
      at = parent
    }
    items[at] = timestamp
  }

  /** Removes the smallest. */
  pop(): void {
    if (this.size === 0) return
    const items = this.#items
    const last = items[--this.size] as number
    let at = 0
    for (;;) {
      const first = at * ARITY + 1
      if (first >= this.size) break
      let least = first
      const end = Math.min(first + ARITY, this.size)
      for (let child = first + 1; child < end; child++) if ((items[child] as number) < (items[least] as number)) least = child
      if ((items[least] as number) >= last) break
      items[at] = items[least] as number
      at = least
    }
    items[at] = last
  }

  clear(): void {
    this.size = 0
  }
}
