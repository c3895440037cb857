import { crc32 } from 'node:zlib'
import { MillraceError } from '../../errors.ts'
import type { ExecutorMessage } from './message-shapes.ts'
import { MESSAGE_SHAPES } from './message-shapes.ts'
import { BytesTail, packVariant } from './pack-value.ts'
import { protocolViolation } from './protocol-error.ts'
import { unpackVariant } from './unpack-value.ts'

/*
 * A frame, all numbers little-endian and of 32 bits:
 *
 *    0  length of what follows the header
 *    4  'MR' and the version of the protocol, of 16 bits
 *    8  number of the frame in its direction, from 1, modulo 2^32
 *   12  CRC-32 of what follows the header
 *   16  length of the JSON; the JSON in UTF-8; the bytes it refers to
 */

export const PROTOCOL_VERSION = 1
export const FRAME_HEADER_BYTES = 16
const MAGIC = 0x524d
/** A longer one is taken for damage. */
const MAX_FRAME_BYTES = 2 ** 30

export function encodeMessage(message: ExecutorMessage, sequence: number): Uint8Array<ArrayBuffer> {
  const tail = new BytesTail()
  const json = Buffer.from(JSON.stringify(packVariant(MESSAGE_SHAPES, message, '', tail)))
  const length = 4 + json.length + tail.length
  if (length > MAX_FRAME_BYTES) throw protocolViolation(`a message "${message.kind}" of ${length} bytes is longer than ${MAX_FRAME_BYTES}`)
  const frame = new Uint8Array(FRAME_HEADER_BYTES + length)
  const view = new DataView(frame.buffer)
  view.setUint32(FRAME_HEADER_BYTES, json.length, true)
  frame.set(json, FRAME_HEADER_BYTES + 4)
  let at = FRAME_HEADER_BYTES + 4 + json.length
  for (const bytes of tail.parts) {
    frame.set(bytes, at)
    at += bytes.length
  }
  view.setUint32(0, length, true)
  view.setUint16(4, MAGIC, true)
  view.setUint16(6, PROTOCOL_VERSION, true)
  view.setUint32(8, sequence, true)
  view.setUint32(12, crc32(frame.subarray(FRAME_HEADER_BYTES)), true)
  return frame
}

/** Length of the whole frame that begins with these FRAME_HEADER_BYTES. Throws CORE_PROTOCOL_VERSION or CORE_PROTOCOL_VIOLATION. */
export function frameBytes(header: DataView, sequence: number): number {
  if (header.getUint16(4, true) !== MAGIC) throw protocolViolation(`frame ${sequence} does not begin like one`)
  const version = header.getUint16(6, true)
  if (version !== PROTOCOL_VERSION) {
    const message = `expected version ${PROTOCOL_VERSION} of the executor protocol, found ${version}; run coordinator and executors with the same release`
    throw new MillraceError('CORE_PROTOCOL_VERSION', message, { origin: 'external' })
  }
  const found = header.getUint32(8, true)
  if (found !== sequence >>> 0) throw protocolViolation(`expected frame ${sequence}, found frame ${found}: one was lost, repeated or overtaken`)
  const length = header.getUint32(0, true)
  if (length > MAX_FRAME_BYTES || length < 4) throw protocolViolation(`frame ${sequence} says it has ${length} bytes`)
  return FRAME_HEADER_BYTES + length
}

/** The message of one whole frame. Throws CORE_PROTOCOL_VIOLATION. */
export function decodeMessage(frame: Uint8Array, sequence: number): ExecutorMessage {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength)
  if (crc32(frame.subarray(FRAME_HEADER_BYTES)) !== view.getUint32(12, true)) throw protocolViolation(`the checksum of frame ${sequence} is wrong`)
  const start = FRAME_HEADER_BYTES + 4
  const end = start + view.getUint32(FRAME_HEADER_BYTES, true)
  if (end > frame.length) throw protocolViolation(`the JSON of frame ${sequence} is longer than the frame`)
  const json = parse(Buffer.from(frame.buffer, frame.byteOffset + start, end - start).toString(), sequence)
  return unpackVariant(MESSAGE_SHAPES, json, '', frame.subarray(end)) as ExecutorMessage
}

function parse(text: string, sequence: number): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (cause) {
    throw protocolViolation(`frame ${sequence} holds no JSON, ${String(cause)}`)
  }
}
