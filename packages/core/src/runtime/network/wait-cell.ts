/*
 * How one thread sleeps until another has something for it, without either of them spinning. The sleeper announces itself
 * and then looks once more; the other side first makes its change visible and then looks for a sleeper. All four steps are
 * sequentially consistent, so at least one of the two sees the other (Dekker's argument), and no wake-up is lost.
 */

const AWAKE = 0
const SLEEPING = 1

/** Wakes the thread that sleeps in the cell at `index`, if one does. Call it after the change it waits for. */
export function wakeCell(words: Int32Array, index: number): void {
  if (Atomics.load(words, index) === SLEEPING && Atomics.compareExchange(words, index, SLEEPING, AWAKE) === SLEEPING) Atomics.notify(words, index)
}

/** The sleeper's side of one cell. The event loop goes on meanwhile, but is not kept alive by it. */
export class WaitCell {
  readonly #words: Int32Array
  readonly #index: number
  readonly #onWake: () => void
  #waiting = false
  #closed = false

  constructor(words: Int32Array, index: number, onWake: () => void) {
    this.#words = words
    this.#index = index
    this.#onWake = onWake
  }

  /**
   * True: `onWake` will be called, in a later turn. False: there is no need to wait, `isReady` holds or has just come to hold.
   * Whoever is told of a wake-up looks for himself what it was for.
   */
  sleep(isReady: () => boolean): boolean {
    if (this.#closed || this.#waiting) return !isReady()
    Atomics.store(this.#words, this.#index, SLEEPING)
    if (isReady()) {
      Atomics.store(this.#words, this.#index, AWAKE)
      return false
    }
    const wait = Atomics.waitAsync(this.#words, this.#index, SLEEPING)
    if (!wait.async) return false
    this.#waiting = true
    void wait.value.then(() => {
      this.#waiting = false
      if (!this.#closed) this.#onWake()
    })
    return true
  }

  close(): void {
    this.#closed = true
    wakeCell(this.#words, this.#index)
  }
}
