import type { StateOutput } from '../../spi/checkpoint-storage.ts'

/** Of the first block; each that is made is twice as large as the last, since most snapshots are small. */
const FIRST_BYTES = 64 * 1024
/** Handing over a block wakes another thread, which may take the processor from this one for a few milliseconds. */
const LARGEST_BYTES = 1024 * 1024

/**
 * Copies what is written into blocks, which go to the output when they are full, and are used again when it is done with them: what
 * comes may change afterwards, and a large snapshot leaves no garbage.
 */
export class BlockOutput {
  readonly #output: StateOutput
  readonly #free: Uint8Array[] = []
  #nextBytes = FIRST_BYTES
  #block: Uint8Array | undefined
  #filled = 0

  constructor(output: StateOutput) {
    this.#output = output
  }

  write(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const block = (this.#block ??= this.#free.pop() ?? this.#make())
      const length = Math.min(bytes.length - from, block.length - this.#filled)
      block.set(bytes.subarray(from, from + length), this.#filled)
      this.#filled += length
      from += length
      if (this.#filled === block.length) this.flush()
    }
  }

  #make(): Uint8Array {
    const block = new Uint8Array(this.#nextBytes)
    this.#nextBytes = Math.min(2 * block.length, LARGEST_BYTES)
    return block
  }

  /** Hands over what is not yet a full block. */
  flush(): void {
    const block = this.#block
    if (block === undefined) return
    this.#output.write(block.subarray(0, this.#filled))
    this.#block = undefined
    this.#filled = 0
    if (this.#output.settled === undefined) return
    const settled = this.#output.settled()
    if (settled === undefined) this.#free.push(block)
    else void settled.then(() => this.#free.push(block))
  }
}
