import { crc32 } from 'node:zlib'
import { describeError } from '../../errors.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'
import type { KeyedStateReader, StateMeta } from '../../spi/keyed-state-snapshot.ts'
import type { ReadableBytes } from '../../spi/readable-bytes.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { corruptFile, FOOTER_BYTES, HEADER_PREFIX_BYTES, SNAPSHOT_MAGIC, SNAPSHOT_VERSION, unsupportedVersion } from './snapshot-file-format.ts'
import type { KeyGroupPiece, RemovalsPiece, SnapshotHeader, SnapshotIndex } from './snapshot-file-format.ts'

/** Pieces are small and lie side by side: this much is read at once. */
const READ_BYTES = 4 * 1024 * 1024
/** Read from either end in the hope that header, index and footer are in it. */
const PROBE_BYTES = 64 * 1024

/** One of the files that the keyed state of an operator and subtask is made of. */
export interface KeyedSnapshotFile extends SnapshotHeader {
  readonly path: string
  /** Reads only what the key groups of `range` need. */
  keyed(range: KeyGroupRange): SnapshotFileReader
}

/** A snapshot file whose header and index have been read and verified. */
export interface SnapshotFile extends KeyedSnapshotFile {
  readonly index: SnapshotIndex
  /** Undefined if there is none of this name. */
  section(name: string): Promise<Uint8Array | undefined>
}

export interface SnapshotFileReader extends KeyedStateReader {
  /** What has gone of a key group since the snapshot that the file builds on, in the canonical encoding. */
  removals(keyGroup: number): Promise<Uint8Array>
}

/** A file that knows its name, for messages. */
export type NamedBytes = ReadableBytes & { readonly path?: string }

/** Rejects with CKPT_CORRUPT (saying whether it is another kind of file, cut off or altered) or CKPT_UNSUPPORTED_VERSION. */
export async function openSnapshotFile(file: NamedBytes): Promise<SnapshotFile> {
  const source = new VerifiedSource(file, file.path ?? 'A snapshot file')
  const header = await readHeader(source)
  const index = await readIndex(source)
  return {
    ...header,
    path: source.path,
    index,
    keyed: (range) => keyedReader(source, header.states, index, range),
    async section(name) {
      const found = index.sections.find((section) => section.name === name)
      return found === undefined ? undefined : source.read(found.offset, found.length, found.crc32, `section '${name}'`)
    },
  }
}

function keyedReader(source: VerifiedSource, states: readonly StateMeta[], index: SnapshotIndex, range: KeyGroupRange): SnapshotFileReader {
  return {
    states,
    keyGroups: range,
    read: piecesReader(source, index.keyGroups, range, ''),
    removals: piecesReader(source, index.removals ?? [], range, 'the removals of '),
  }
}

/** Reads all pieces of a key group. */
function piecesReader(source: VerifiedSource, pieces: readonly (KeyGroupPiece | RemovalsPiece)[], range: KeyGroupRange, what: string): (keyGroup: number) => Promise<Uint8Array> {
  const byKeyGroup = new Map<number, (KeyGroupPiece | RemovalsPiece)[]>()
  let end = 0
  for (const piece of pieces) {
    const [keyGroup, offset, length] = piece
    if (keyGroup < range.start || keyGroup > range.end) continue
    const found = byKeyGroup.get(keyGroup)
    if (found === undefined) byKeyGroup.set(keyGroup, [piece])
    else found.push(piece)
    end = Math.max(end, offset + length)
  }
  return async (keyGroup) => {
    const parts: Uint8Array[] = []
    for (const [, offset, length, checksum] of byKeyGroup.get(keyGroup) ?? []) parts.push(await source.read(offset, length, checksum, `${what}key group ${keyGroup}`, end))
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }
}

async function readHeader(source: VerifiedSource): Promise<SnapshotHeader> {
  const { path, size } = source
  const probe = await source.bytes(0, Math.min(size, PROBE_BYTES))
  const magic = probe.subarray(0, SNAPSHOT_MAGIC.length)
  if (!equalBytes(magic, SNAPSHOT_MAGIC.subarray(0, magic.length))) throw corruptFile(path, 'expected a Millrace snapshot, found a file that starts differently', 0)
  if (size < HEADER_PREFIX_BYTES) throw cutOff(path, size)
  const input = createDataInput(probe)
  input.skip(SNAPSHOT_MAGIC.length)
  const version = input.readInt32()
  if (version > SNAPSHOT_VERSION) throw unsupportedVersion(path, version, SNAPSHOT_VERSION)
  const length = input.readInt32()
  const end = HEADER_PREFIX_BYTES + length
  if (length < 0 || end + 4 > size) throw cutOff(path, size)
  const header = await source.bytes(0, end + 4)
  input.wrap(header, end)
  if (input.readInt32() !== (crc32(header.subarray(0, end)) | 0)) throw altered(path, 'its header', 0)
  return parse<SnapshotHeader>(header.subarray(HEADER_PREFIX_BYTES, end), path)
}

async function readIndex(source: VerifiedSource): Promise<SnapshotIndex> {
  const { path, size } = source
  if (size < FOOTER_BYTES) throw cutOff(path, size)
  const probeStart = Math.max(0, size - PROBE_BYTES)
  const probe = await source.bytes(probeStart, size)
  const footer = probe.subarray(probe.length - FOOTER_BYTES)
  if (!equalBytes(footer.subarray(FOOTER_BYTES - SNAPSHOT_MAGIC.length), SNAPSHOT_MAGIC)) throw cutOff(path, size)
  const input = createDataInput(footer)
  const offset = input.readFloat64()
  const length = input.readInt32()
  const checksum = input.readInt32()
  input.skip(4) // the version, which the header has too
  const footerChecksum = input.readInt32()
  if (footerChecksum !== (crc32(footer.subarray(0, input.position - 4)) | 0)) throw altered(path, 'its footer', size - FOOTER_BYTES)
  return parse<SnapshotIndex>(await source.read(offset, length, checksum >>> 0, 'its index', size), path)
}

/** Reads through a window of the file, so that neighbouring pieces cost one request. */
class VerifiedSource {
  readonly path: string
  readonly size: number
  readonly #file: ReadableBytes
  #window: Uint8Array = new Uint8Array(0)
  #windowStart = 0

  constructor(file: ReadableBytes, path: string) {
    this.#file = file
    this.path = path
    this.size = file.size
  }

  /** `ahead`: the end of what will be asked for next. */
  async bytes(start: number, end: number, ahead: number = end): Promise<Uint8Array> {
    const windowEnd = this.#windowStart + this.#window.length
    if (start < this.#windowStart || end > windowEnd) {
      const readTo = Math.max(end, Math.min(ahead, start + READ_BYTES))
      this.#window = await this.#file.read(start, readTo)
      this.#windowStart = start
    }
    return this.#window.subarray(start - this.#windowStart, end - this.#windowStart)
  }

  async read(offset: number, length: number, checksum: number, what: string, ahead?: number): Promise<Uint8Array> {
    if (offset < 0 || length < 0 || offset + length > this.size) throw cutOff(this.path, this.size)
    const bytes = await this.bytes(offset, offset + length, ahead)
    if (crc32(bytes) !== checksum) throw altered(this.path, what, offset)
    return bytes
  }
}

function parse<T>(bytes: Uint8Array, path: string): T {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as T
  } catch (error) {
    throw corruptFile(path, `its JSON cannot be read (${describeError(error)})`)
  }
}

function cutOff(path: string, size: number): Error {
  return corruptFile(path, `it is cut off, its ${size} bytes end without the footer of a complete snapshot`, size)
}

function altered(path: string, what: string, offset: number): Error {
  return corruptFile(path, `the checksum of ${what} does not match its bytes`, offset)
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index])
}
