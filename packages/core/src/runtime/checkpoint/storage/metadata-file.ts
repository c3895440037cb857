import { crc32 } from 'node:zlib'
import { MillraceError } from '../../../errors.ts'
import type { FileSystems } from '../../../spi/file-systems.ts'
import { createDataInput } from '../../../types/byte-data-input.ts'
import { createDataOutput } from '../../../types/byte-data-output.ts'
import { corruptFile, unsupportedVersion } from '../snapshot-file-format.ts'

/** Its presence is what makes a directory a checkpoint. */
export const METADATA_NAME = '_metadata'

const MAGIC = new TextEncoder().encode('MILLMETA')
const VERSION = 1
const HEADER_BYTES = 28

export interface MetadataFile {
  readonly metadata: Uint8Array
  readonly completedMs: number
}

/** Magic, int32 version, float64 time of completion, int32 length, int32 crc32 of time and metadata; then the metadata. */
export function encodeMetadataFile({ metadata, completedMs }: MetadataFile): Uint8Array {
  const output = createDataOutput(metadata.length + HEADER_BYTES)
  output.writeRaw(MAGIC)
  output.writeInt32(VERSION)
  output.writeFloat64(completedMs)
  output.writeInt32(metadata.length)
  output.writeInt32(crc32(metadata, crc32(output.view().subarray(12, 20))))
  output.writeRaw(metadata)
  return output.bytes()
}

/** Throws CKPT_CORRUPT or CKPT_UNSUPPORTED_VERSION naming `path`. */
export function decodeMetadataFile(bytes: Uint8Array, path: string): MetadataFile {
  if (!MAGIC.every((byte, index) => bytes[index] === byte)) throw corruptFile(path, 'expected the metadata of a Millrace checkpoint, found a file that starts differently', 0)
  if (bytes.length < HEADER_BYTES) throw corruptFile(path, `it is cut off after ${bytes.length} bytes`, bytes.length)
  const input = createDataInput(bytes)
  input.skip(MAGIC.length)
  const version = input.readInt32()
  if (version > VERSION) throw unsupportedVersion(path, version, VERSION)
  const completedMs = input.readFloat64()
  const length = input.readInt32()
  const checksum = input.readInt32()
  const metadata = bytes.subarray(HEADER_BYTES)
  if (metadata.length !== length) throw corruptFile(path, `expected ${length} bytes of metadata, found ${metadata.length}: it is cut off`, bytes.length)
  if ((crc32(metadata, crc32(bytes.subarray(12, 20))) | 0) !== checksum) throw corruptFile(path, 'its checksum does not match its bytes')
  return { metadata, completedMs }
}

/** `pointer`: the directory of a checkpoint or savepoint, or its metadata file. Rejects with CKPT_NOT_FOUND too. */
export async function readMetadataFile(fileSystems: FileSystems, pointer: string): Promise<MetadataFile> {
  const path = pointer.endsWith(`/${METADATA_NAME}`) ? pointer : `${checkpointDirectory(pointer)}/${METADATA_NAME}`
  const bytes = await readWhole(fileSystems, path)
  if (bytes === undefined) {
    const message = `No checkpoint or savepoint at ${pointer}: there is no ${path}. Check the path; one without ${METADATA_NAME} was never completed`
    throw new MillraceError('CKPT_NOT_FOUND', message, { origin: 'user', at: { file: path } })
  }
  return decodeMetadataFile(bytes, path)
}

/** The directory a pointer means, without a slash at its end. */
export function checkpointDirectory(pointer: string): string {
  const directory = pointer.endsWith(`/${METADATA_NAME}`) ? pointer.slice(0, -METADATA_NAME.length) : pointer
  return directory.replace(/\/+$/, '')
}

/** Undefined if there is no such file. */
export async function readWhole(fileSystems: FileSystems, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await fileSystems.forPath(path).open(path)
    try {
      return await file.read(0, file.size)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (MillraceError.is(error) && error.code === 'FS_NOT_FOUND') return undefined
    throw error
  }
}
