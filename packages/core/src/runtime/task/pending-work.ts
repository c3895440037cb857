/** Promises that something waits for, as one. */
export class PendingWork {
  readonly #onDone: () => void
  readonly #onError: (error: unknown) => void
  #all: Promise<void> | undefined

  constructor(onDone: () => void, onError: (error: unknown) => void) {
    this.#onDone = onDone
    this.#onError = onError
  }

  get isPending(): boolean {
    return this.#all !== undefined
  }

  /** After a failure it stays pending: what it was waited for must not go on. */
  add(work: Promise<void>): void {
    const all: Promise<void> = (this.#all === undefined ? work : Promise.all([this.#all, work]).then(() => {})).then(
      () => {
        if (this.#all !== all) return
        this.#all = undefined
        this.#onDone()
      },
      (error: unknown) => this.#onError(error),
    )
    this.#all = all
  }

  /** Resolves when what is pending now has settled, one way or the other. */
  async settled(): Promise<void> {
    await this.#all
  }
}
