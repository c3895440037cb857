import { decodeMessage, encodeMessage, FRAME_HEADER_BYTES, frameBytes } from './message-frame.ts'
import type { ExecutorMessage } from './message-shapes.ts'
import { protocolViolation } from './protocol-error.ts'

const USUAL_BYTES = 64 * 1024

/** The sending side of one direction. `send` gets each frame once, in order, and may keep or transfer it. */
export function createMessageWriter<M extends ExecutorMessage>(send: (frame: Uint8Array<ArrayBuffer>) => void): (message: M) => void {
  let sequence = 0
  return (message) => send(encodeMessage(message, ++sequence))
}

/**
 * The receiving side: give it the bytes as they come, whole frames or any pieces of them, and it calls `receive` for each
 * message in order. Only `kinds` may come this way: TO_EXECUTOR, FROM_EXECUTOR or BETWEEN_CHANNELS. What it throws,
 * CORE_PROTOCOL_VERSION or CORE_PROTOCOL_VIOLATION, ends the connection: nothing after it can be believed.
 */
export function createMessageReader<M extends ExecutorMessage>(kinds: Readonly<Record<M['kind'], unknown>>, receive: (message: M) => void): (bytes: Uint8Array) => void {
  let sequence = 1
  /** What has come of frames that are not complete; copied, as the caller may use its buffer again. */
  let buffer = new Uint8Array(USUAL_BYTES)
  let filled = 0
  const append = (bytes: Uint8Array): void => {
    if (filled + bytes.length > buffer.length) {
      const larger = new Uint8Array(Math.max(filled + bytes.length, buffer.length * 2))
      larger.set(buffer.subarray(0, filled))
      buffer = larger
    }
    buffer.set(bytes, filled)
    filled += bytes.length
  }
  return (bytes) => {
    append(bytes)
    let at = 0
    while (filled - at >= FRAME_HEADER_BYTES) {
      const length = frameBytes(new DataView(buffer.buffer, at, FRAME_HEADER_BYTES), sequence)
      if (filled - at < length) break
      const message = decodeMessage(buffer.subarray(at, at + length), sequence)
      if (!Object.hasOwn(kinds, message.kind)) throw protocolViolation(`a message "${message.kind}" came from the wrong side`)
      at += length
      sequence++
      receive(message as M)
    }
    buffer.copyWithin(0, at, filled)
    filled -= at
    if (filled === 0 && buffer.length > USUAL_BYTES) buffer = new Uint8Array(USUAL_BYTES)
  }
}
