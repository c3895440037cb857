interface Generation<T> {
  /** What ChangeEpochs.written was at the barrier that ended it; Infinity before. */
  barrier: number
  readonly groups: (T | undefined)[]
}

/** Something for each key group, between each two barriers, for as long as snapshots of changes may build on it. */
export class Generations<T> {
  readonly #firstKeyGroup: number
  #generations: Generation<T>[] = [{ barrier: Infinity, groups: [] }]

  constructor(firstKeyGroup: number) {
    this.#firstKeyGroup = firstKeyGroup
  }

  /** A barrier. From now on only what came after `base` counts; -Infinity for a full snapshot, which later ones build on. */
  begin(barrier: number, base: number): void {
    this.#last().barrier = barrier
    this.#generations = base === -Infinity ? [] : this.#generations.filter((each) => each.barrier > base)
    this.#generations.push({ barrier: Infinity, groups: [] })
  }

  /** That of a key group since the last barrier, made on demand. */
  newest(keyGroup: number, create: () => T): T {
    return (this.#last().groups[keyGroup - this.#firstKeyGroup] ??= create())
  }

  /** Those of a key group between the base and the last barrier, the oldest first. */
  settled(keyGroup: number): readonly T[] {
    return this.#generations.slice(0, -1).map(({ groups }) => groups[keyGroup - this.#firstKeyGroup]).filter((each) => each !== undefined)
  }

  #last(): Generation<T> {
    return this.#generations.at(-1) as Generation<T>
  }
}
