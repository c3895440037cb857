import type { ByteBudget } from '../client/byte-budget.ts'

/** Large enough to hide the latency of one request behind the others, small enough to be dropped soon. */
const BLOCK_BYTES = 4 * 1024 * 1024
/** A reader that asked for what follows so many times in a row is taken for one that reads in order. */
const STREAK = 2

interface Block {
  readonly start: number
  readonly end: number
  readonly bytes: Promise<Uint8Array>
}

export interface ReadAheadOptions {
  readonly size: number
  readonly maxBytes: number
  readonly budget: ByteBudget
  fetch(start: number, end: number): Promise<Uint8Array>
}

/**
 * Reads ahead of a reader that reads in order: at first as far as it reads itself at a time, then twice as far with every read. A reader
 * that jumps, as those of columnar formats do, causes no request beyond its own. Blocks are kept until they have been passed.
 */
export class ReadAhead {
  readonly #options: ReadAheadOptions
  #blocks: Block[] = []
  #expected = 0
  #streak = 0
  #windowBytes = 0

  constructor(options: ReadAheadOptions) {
    this.#options = options
  }

  async read(start: number, end: number): Promise<Uint8Array> {
    this.#follow(start, end)
    const pieces = this.#pieces(start, end)
    this.#dropBefore(end)
    const [only] = pieces
    if (pieces.length === 1 && only !== undefined) return only
    const parts = await Promise.all(pieces)
    const bytes = Buffer.allocUnsafeSlow(end - start) // not from Node's pool: receivers keep slices of it
    let filled = 0
    for (const part of parts) {
      bytes.set(part, filled)
      filled += part.length
    }
    return bytes
  }

  close(): void {
    this.#dropBefore(Number.POSITIVE_INFINITY)
  }

  #follow(start: number, end: number): void {
    const { size, maxBytes } = this.#options
    const inOrder = start === this.#expected && start > 0
    this.#expected = end
    if (!inOrder) {
      this.close()
      this.#streak = 0
      this.#windowBytes = 0
      return
    }
    this.#streak++
    if (this.#streak < STREAK || maxBytes === 0) return
    this.#windowBytes = Math.min(maxBytes, Math.max(end - start, this.#windowBytes * 2))
    const until = Math.min(size, end + this.#windowBytes)
    for (let next = this.#blocks.at(-1)?.end ?? end; next < until; ) {
      const blockEnd = Math.min(size, next + Math.max(end - start, Math.min(BLOCK_BYTES, this.#windowBytes)))
      if (!this.#options.budget.tryTake(blockEnd - next)) return
      const bytes = this.#options.fetch(next, blockEnd)
      bytes.catch(() => {}) // it concerns only who reads this far
      this.#blocks.push({ start: next, end: blockEnd, bytes })
      next = blockEnd
    }
  }

  /** The range from blocks as far as there are any, the rest fetched now. */
  #pieces(start: number, end: number): Promise<Uint8Array>[] {
    const pieces: Promise<Uint8Array>[] = []
    let position = start
    for (const block of this.#blocks) {
      if (block.end <= position || block.start >= end) continue
      if (block.start > position) pieces.push(this.#options.fetch(position, block.start))
      const from = Math.max(position, block.start)
      const to = Math.min(end, block.end)
      pieces.push(block.bytes.then((bytes) => bytes.subarray(from - block.start, to - block.start)))
      position = to
    }
    if (position < end) pieces.push(this.#options.fetch(position, end))
    return pieces
  }

  #dropBefore(position: number): void {
    while (this.#blocks[0] !== undefined && this.#blocks[0].end <= position) {
      const { start, end } = this.#blocks[0]
      this.#blocks.shift()
      this.#options.budget.giveBack(end - start)
    }
  }
}
