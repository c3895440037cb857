/** A small sorted set of numbers that mostly grows at its end and shrinks at its start. */
export class AscendingNumbers {
  readonly #known = new Set<number>()
  readonly #sorted: number[] = []

  /** The lowest; Infinity when empty. */
  get first(): number {
    return this.#sorted[0] ?? Infinity
  }

  has(value: number): boolean {
    return this.#known.has(value)
  }

  add(value: number): void {
    if (this.#known.has(value)) return
    this.#known.add(value)
    const sorted = this.#sorted
    let at = sorted.length
    while (at > 0 && (sorted[at - 1] as number) > value) at--
    sorted.splice(at, 0, value)
  }

  removeFirst(): void {
    const value = this.#sorted.shift()
    if (value !== undefined) this.#known.delete(value)
  }
}
