import { createDataOutput } from '../../types/byte-data-output.ts'
import type { DataOutput } from '../../types/data-output.ts'
import { checkPayload, FRAME_HEADER_BYTES, readFrameHeader, writeFrameHeader, type FrameHeader } from './frame-header.ts'
import type { RingConsumer, RingProducer } from './spsc-ring.ts'

interface Waiting {
  /** What is left of a frame. */
  readonly bytes: Uint8Array
  start: number
  readonly position: number
}

/** Puts frames into a ring. What finds no room waits here, whole frames or the rest of one, so a frame may be larger than the ring. */
export class FrameProducer {
  readonly #ring: RingProducer
  readonly #output: DataOutput
  readonly #waiting: Waiting[] = []
  /** Frames sent so far, those that wait included. */
  sequence = 0
  waitingBytes = 0

  /** `usualBytes`: of a frame; there is always memory for one. */
  constructor(ring: RingProducer, usualBytes: number) {
    this.#ring = ring
    this.#output = createDataOutput(usualBytes)
  }

  /** Position of the first frame that waits, wholly or in part; Infinity if none does. */
  get waitingPosition(): number {
    return this.#waiting[0]?.position ?? Infinity
  }

  /** Where the payload of the next frame is to be written, before `send`. */
  begin(): DataOutput {
    this.#output.reset()
    for (let word = 0; word < FRAME_HEADER_BYTES / 4; word++) this.#output.writeInt32(0)
    return this.#output
  }

  /**
   * Sends what was written since `begin`; returns the bytes it takes. `position` orders it among frames of other lanes: it is
   * held back while it is greater than `until`.
   */
  send(position: number, until: number): number {
    const output = this.#output
    writeFrameHeader(output, ++this.sequence)
    const frame = output.view()
    const written = this.#waiting.length > 0 || position > until ? 0 : this.#ring.write(frame, 0, frame.length)
    if (written < frame.length) {
      this.#waiting.push({ bytes: frame.slice(written), start: 0, position })
      this.waitingBytes += frame.length - written
    }
    return frame.length
  }

  /** Moves what waits into the ring, as far as there is room, up to and including position `until`. True if anything moved. */
  pump(until: number): boolean {
    let moved = false
    for (let first = this.#waiting[0]; first !== undefined && first.position <= until; first = this.#waiting[0]) {
      const written = this.#ring.write(first.bytes, first.start, first.bytes.length)
      if (written > 0) moved = true
      first.start += written
      this.waitingBytes -= written
      if (first.start < first.bytes.length) break
      this.#waiting.shift()
    }
    return moved
  }
}

/** Takes frames out of a ring and checks them. */
export class FrameConsumer {
  readonly #ring: RingConsumer
  readonly #header = new Uint8Array(FRAME_HEADER_BYTES)
  readonly #headerView = new DataView(this.#header.buffer)
  #headerBytes = 0
  #current: FrameHeader | undefined
  /** Holds the payload of the frame that `next` returned, or the beginning of one; grows with the frames. */
  bytes: Uint8Array
  #length = 0
  /** Frames returned so far. */
  sequence = 0

  /** `usualBytes`: as at the other end. */
  constructor(ring: RingConsumer, usualBytes: number) {
    this.#ring = ring
    this.bytes = new Uint8Array(usualBytes)
  }

  /** Takes notice of what has been sent; true if there is something, perhaps less than a frame. */
  refresh(): boolean {
    return this.#ring.refresh() > 0
  }

  /**
   * Length of the payload of the next frame, which is then in `bytes` until the next call; undefined when not all of it was
   * there at the last `refresh`. Throws CORE_FRAME_CORRUPT.
   */
  next(): number | undefined {
    const header = this.#current ?? this.#readHeader()
    if (header === undefined) return undefined
    const count = Math.min(this.#ring.seenBytes, header.length - this.#length)
    if (this.#length + count > this.bytes.length) this.#grow(header.length, count)
    if (count > 0) this.#ring.read(this.bytes, this.#length, count)
    this.#length += count
    if (this.#length < header.length) return undefined
    checkPayload(this.bytes.subarray(0, header.length), header, this.sequence + 1)
    this.sequence++
    this.#current = undefined
    this.#length = 0
    return header.length
  }

  #readHeader(): FrameHeader | undefined {
    const count = Math.min(this.#ring.seenBytes, FRAME_HEADER_BYTES - this.#headerBytes)
    if (count > 0) this.#ring.read(this.#header, this.#headerBytes, count)
    this.#headerBytes += count
    if (this.#headerBytes < FRAME_HEADER_BYTES) return undefined
    this.#headerBytes = 0
    this.#current = readFrameHeader(this.#headerView, this.sequence + 1)
    return this.#current
  }

  /** Twice as much as there is, at most what the frame needs: what has not come yet takes no memory. */
  #grow(frameLength: number, count: number): void {
    const grown = new Uint8Array(Math.min(frameLength, Math.max(this.#length + count, this.bytes.length * 2)))
    grown.set(this.bytes.subarray(0, this.#length))
    this.bytes = grown
  }
}
