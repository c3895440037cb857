import { MillraceError } from '@millrace/core/spi'

const LENGTH_BYTES = 4
const SCRATCH_BYTES = 16 << 10
/** No broker answers with more; what is not a broker may seem to. */
const MAX_FRAME_BYTES = 1 << 30

/**
 * Cuts what comes from a socket into frames, each with its length before it (kafka.apache.org/protocol, "Network"). Of a frame
 * that does not come whole, all but the beginning is read to where it stays: large answers are not copied.
 */
export class FrameReader {
  readonly #received: (frame: Buffer) => void
  readonly #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES)
  /** Bytes at the beginning of the scratch memory, too few to tell the length of the next frame. */
  #kept = 0
  /** The frame whose rest is awaited … */
  #frame: Buffer | undefined
  /** … and how much of it there is. */
  #filled = 0

  /** A frame is the receiver's to keep. */
  constructor(received: (frame: Buffer) => void) {
    this.#received = received
  }

  /** Where the next bytes are to be put; never empty. */
  space(): Buffer {
    return this.#frame === undefined ? this.#scratch.subarray(this.#kept) : this.#frame.subarray(this.#filled)
  }

  /** So many bytes were put there. Throws `KAFKA_PROTOCOL` if they are no frames. */
  advance(bytes: number): void {
    if (this.#frame === undefined) return this.#cut(this.#kept + bytes)
    this.#filled += bytes
    if (this.#filled < this.#frame.length) return
    const frame = this.#frame
    this.#frame = undefined
    this.#received(frame)
  }

  #cut(end: number): void {
    let at = 0
    while (end - at >= LENGTH_BYTES) {
      const frame = Buffer.allocUnsafe(this.#lengthAt(at))
      at += LENGTH_BYTES
      const copied = this.#scratch.copy(frame, 0, at, end)
      at += copied
      if (copied < frame.length) {
        this.#frame = frame
        this.#filled = copied
        break
      }
      this.#received(frame)
    }
    this.#scratch.copyWithin(0, at, end)
    this.#kept = end - at
  }

  #lengthAt(at: number): number {
    const length = this.#scratch.readInt32BE(at)
    // the least is a correlation id
    if (length >= 4 && length <= MAX_FRAME_BYTES) return length
    throw new MillraceError('KAFKA_PROTOCOL', `The answer begins with a length of ${length} bytes, which cannot be. Is this address a Kafka broker, and nothing in between?`, {
      origin: 'external',
    })
  }
}
