interface Waiting {
  readonly bytes: number
  readonly grant: () => void
}

/** A number of bytes that several users share. Requests are served in order; one larger than the whole is granted when nothing else is out. */
export class ByteBudget {
  readonly #limit: number
  readonly #waiting: Waiting[] = []
  #used = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  get used(): number {
    return this.#used
  }

  /** Takes the bytes if they are free now. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false
    this.#used += bytes
    return true
  }

  /** Takes the bytes as soon as they are free. */
  take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve()
    return new Promise((resolve) => this.#waiting.push({ bytes, grant: resolve }))
  }

  giveBack(bytes: number): void {
    this.#used -= bytes
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#used += next.bytes
      next.grant()
    }
  }

  #fits(bytes: number): boolean {
    return this.#used === 0 || this.#used + bytes <= this.#limit
  }
}
