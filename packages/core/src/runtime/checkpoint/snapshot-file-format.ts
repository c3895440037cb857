import { MillraceError } from '../../errors.ts'
import type { StateMeta } from '../../spi/keyed-state-snapshot.ts'

/*
 * A snapshot file holds the state of one operator in one subtask; byte by byte in docs/snapshot-format.md:
 *
 *   header   magic, int32 version, int32 length, JSON {states, checkpointId?, since?}, int32 crc32 of all that
 *   pieces   canonical entries of one key group each, removals of one key group each, and named sections
 *   index    JSON {keyGroups: [key group, offset, length, crc32, entries][], removals?: [key group, offset, length, crc32][],
 *            sections: {name, offset, length, crc32}[]}
 *   footer   float64 offset of the index, int32 length, int32 crc32, int32 version, int32 crc32 of the footer so far, magic
 *
 * Members a reader does not know are to be ignored; what it must not ignore comes with a higher version.
 */

export const SNAPSHOT_MAGIC: Uint8Array = new TextEncoder().encode('MILLSNAP')
export const SNAPSHOT_VERSION = 2
/** Magic, version and length of the JSON. */
export const HEADER_PREFIX_BYTES = 16
export const FOOTER_BYTES = 32

export interface SnapshotHeader {
  readonly states: readonly StateMeta[]
  /** Of a file that other checkpoints build on, or that builds on others. */
  readonly checkpointId?: number
  /** The file holds what changed since this checkpoint. */
  readonly since?: number
}

/** Where one piece of a key group lies. A tuple because a file may hold tens of thousands. */
export type KeyGroupPiece = readonly [keyGroup: number, offset: number, length: number, crc32: number, entries: number]

export type RemovalsPiece = readonly [keyGroup: number, offset: number, length: number, crc32: number]

export interface SnapshotSection {
  readonly name: string
  readonly offset: number
  readonly length: number
  readonly crc32: number
}

export interface SnapshotIndex {
  /** Ascending by key group. */
  readonly keyGroups: readonly KeyGroupPiece[]
  /** What has gone since the checkpoint that the file builds on. Ascending by key group. */
  readonly removals?: readonly RemovalsPiece[]
  readonly sections: readonly SnapshotSection[]
}

/** `found` says what is wrong with the file. */
export function corruptFile(path: string, found: string, offset?: number): MillraceError {
  const message = `${path} is damaged: ${found}. Restore from another checkpoint or savepoint`
  return new MillraceError('CKPT_CORRUPT', message, { origin: 'external', at: { file: path, ...(offset === undefined ? {} : { offset }) } })
}

export function unsupportedVersion(path: string, version: number, readable: number): MillraceError {
  const message = `${path} has format version ${version}, this release reads versions up to ${readable}. Use the release that wrote it or a later one`
  return new MillraceError('CKPT_UNSUPPORTED_VERSION', message, { origin: 'user', at: { file: path } })
}
