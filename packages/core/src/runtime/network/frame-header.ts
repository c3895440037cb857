import { crc32 } from 'node:zlib'
import { MillraceError } from '../../errors.ts'
import type { DataOutput } from '../../types/data-output.ts'

/*
 * Before each payload in a ring, four little-endian words of 32 bits: length of the payload in bytes; number of the frame in
 * its lane, from 1, modulo 2^32; CRC-32 of the payload; and a mix of these three with a constant, so that a damaged header is
 * noticed before its length is believed.
 */

export const FRAME_HEADER_BYTES = 16
const MAGIC = 0x4d52_4631

export interface FrameHeader {
  readonly length: number
  readonly checksum: number
}

/** Fills in the header of a frame: `output` holds FRAME_HEADER_BYTES of anything and then the payload. */
export function writeFrameHeader(output: DataOutput, sequence: number): void {
  const length = output.position - FRAME_HEADER_BYTES
  const checksum = crc32(output.view().subarray(FRAME_HEADER_BYTES))
  output.setInt32(0, length)
  output.setInt32(4, sequence)
  output.setInt32(8, checksum)
  output.setInt32(12, mix(length, sequence, checksum))
}

/** Throws CORE_FRAME_CORRUPT unless `header` is that of frame number `sequence`. */
export function readFrameHeader(header: DataView, sequence: number): FrameHeader {
  const length = header.getUint32(0, true)
  const found = header.getUint32(4, true)
  const checksum = header.getUint32(8, true)
  if (header.getInt32(12, true) !== mix(length, found, checksum)) throw corruptFrame(sequence, 'its header is damaged')
  if (found !== sequence >>> 0) throw corruptFrame(sequence, `found frame ${found} in its place`)
  return { length, checksum }
}

/** Throws CORE_FRAME_CORRUPT when the payload is not what was sent. */
export function checkPayload(payload: Uint8Array, header: FrameHeader, sequence: number): void {
  const found = crc32(payload)
  if (found !== header.checksum) throw corruptFrame(sequence, `expected a payload of ${header.length} bytes with the checksum ${hex(header.checksum)}, found ${hex(found)}`)
}

export function corruptFrame(sequence: number, what: string, cause?: unknown): MillraceError {
  const message = `Frame ${sequence} of a channel between two threads is not what was sent: ${what}. The job goes on from its last checkpoint; if this comes back, report it`
  // reading what was sent right but cannot be decoded would fail again; memory that was damaged on the way will not
  return new MillraceError('CORE_FRAME_CORRUPT', message, { origin: 'engine', retryable: cause === undefined, cause })
}

function mix(length: number, sequence: number, checksum: number): number {
  return MAGIC ^ length ^ Math.imul(sequence, 0x9e37_79b1) ^ Math.imul(checksum, 0x85eb_ca6b)
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
