import { MillraceError } from '@millrace/core/spi'
import type { JsonValue } from '@millrace/core/spi'

export interface UploadedPart {
  readonly number: number
  readonly bytes: number
  readonly etag: string
  /** Base64, as S3 writes it; null where checksums are off. */
  readonly crc32: string | null
}

/** What to go on from, and, closed, what to publish. Serves as resume and as commit token. */
export interface UploadToken {
  readonly path: string
  /** Ours, kept with the object: how a replayed commit recognises it. */
  readonly id: string
  /** The store's. */
  readonly uploadId: string
  readonly parts: readonly UploadedPart[]
  /** The random end of the hidden object with what follows the parts; null if nothing does, and in closed tokens. */
  readonly tail: string | null
  /** Of the whole, tail included. */
  readonly length: number
  /** Of all hidden objects of this upload that were known: they go with it. */
  readonly tails: readonly string[]
}

/** Short names, since checkpoints contain many parts. */
export function formatToken({ path, id, uploadId, parts, tail, length, tails }: UploadToken): JsonValue {
  return { path, id, uploadId, parts: parts.map(({ number, bytes, etag, crc32 }) => [number, bytes, etag, crc32]), tail, length, tails }
}

/** Throws S3_BAD_TOKEN for what another file system has written. */
export function parseToken(token: JsonValue): UploadToken {
  if (typeof token === 'object' && token !== null && !Array.isArray(token)) {
    const { path, id, uploadId, parts, tail, length, tails } = token as Readonly<Record<string, JsonValue>>
    if (
      typeof path === 'string' &&
      typeof id === 'string' &&
      typeof uploadId === 'string' &&
      Array.isArray(parts) &&
      parts.every(isPart) &&
      (typeof tail === 'string' || tail === null) &&
      typeof length === 'number' &&
      Array.isArray(tails)
    ) {
      return { path, id, uploadId, parts: parts.map(([number, bytes, etag, crc32]) => ({ number, bytes, etag, crc32 })), tail, length, tails: tails as readonly string[] }
    }
  }
  throw new MillraceError('S3_BAD_TOKEN', `Expected the token of an upload to S3, found ${JSON.stringify(token)}: it was written by another file system`, { origin: 'user' })
}

function isPart(part: unknown): part is readonly [number, number, string, string | null] {
  return Array.isArray(part) && typeof part[0] === 'number' && typeof part[1] === 'number' && typeof part[2] === 'string' && (typeof part[3] === 'string' || part[3] === null)
}
