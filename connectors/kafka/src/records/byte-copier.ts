const SLAB_BYTES = 64 * 1024
/** Larger ones get memory of their own. */
const MAX_SLAB_SHARE_BYTES = 8 * 1024

/**
 * Copies many short byte arrays into few large ones: memory of its own for each costs over a microsecond. What is kept of a
 * copy keeps its slab.
 */
export class ByteCopier {
  #slab = new ArrayBuffer(0)
  #used = 0

  copy(bytes: Uint8Array): Uint8Array {
    const { length } = bytes
    if (length > MAX_SLAB_SHARE_BYTES) return new Uint8Array(bytes)
    if (this.#used + length > this.#slab.byteLength) {
      this.#slab = new ArrayBuffer(SLAB_BYTES)
      this.#used = 0
    }
    const copy = new Uint8Array(this.#slab, this.#used, length)
    copy.set(bytes)
    this.#used += length
    return copy
  }
}
