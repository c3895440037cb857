import type { MillraceError } from '@millrace/core/spi'
import { damaged } from './avro-error.ts'

const MARKER = [0xc3, 0x01] as const
export const SINGLE_OBJECT_BYTES = 10

/** What a message in single-object encoding begins with: C3 01 and the fingerprint of its schema, lowest byte first. */
export function singleObjectHeader(fingerprint: bigint): Buffer {
  const header = Buffer.alloc(SINGLE_OBJECT_BYTES)
  header.set(MARKER)
  header.writeBigUInt64LE(fingerprint, MARKER.length)
  return header
}

/** Throws AVRO_DATA. */
export function readFingerprint(message: Buffer): bigint {
  if (message.length < SINGLE_OBJECT_BYTES || message[0] !== MARKER[0] || message[1] !== MARKER[1]) throw noSingleObject(message)
  return message.readBigUInt64LE(MARKER.length)
}

function noSingleObject(message: Buffer): MillraceError {
  return damaged(`expected a message in single-object encoding (C3 01 and eight bytes), found ${message.subarray(0, 2).toString('hex') || 'an empty one'}`)
}
