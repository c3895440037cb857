import { crc32 } from 'node:zlib'
import { MillraceError } from '../../errors.ts'
import type { StateHandle } from '../../spi/checkpoint-storage.ts'
import type { KeyGroupRange } from '../../spi/key-group-range.ts'

/** The keyed state of one operator in one subtask. */
export interface KeyedStateFiles {
  readonly handle: StateHandle
  readonly keyGroups: KeyGroupRange
  /** Files of earlier checkpoints that `handle` holds the changes to, the oldest first. Absent: it holds everything. */
  readonly base?: readonly StateHandle[]
}

/** One operator in one subtask at the time of the checkpoint. */
export interface SubtaskState {
  readonly finished: boolean
  readonly keyed: KeyedStateFiles | undefined
  readonly operatorState: Uint8Array | undefined
}

export interface OperatorMetadata {
  readonly uid: string
  readonly name: string
  readonly maxParallelism: number
  /** By subtask index; its length is the parallelism. */
  readonly subtasks: readonly SubtaskState[]
  /** Of a source: the state of its enumerator. */
  readonly enumerator: { readonly version: number; readonly bytes: Uint8Array } | undefined
}

/** What makes a set of state files a checkpoint. */
export interface CheckpointMetadata {
  readonly jobName: string
  readonly checkpointId: number
  readonly timestampMs: number
  readonly savepoint: boolean
  readonly operators: readonly OperatorMetadata[]
}

const MAGIC = 'MILLRACE-CHECKPOINT'
const FORMAT_VERSION = 2

/** All files that make up the state, the oldest first. */
export function filesOf({ base = [], handle }: Pick<KeyedStateFiles, 'base' | 'handle'>): readonly StateHandle[] {
  return [...base, handle]
}

/** One header line `MILLRACE-CHECKPOINT <version> <crc32 of the body>`, then JSON with bytes in base64. */
export function encodeCheckpointMetadata(metadata: CheckpointMetadata): Uint8Array {
  const body = Buffer.from(JSON.stringify(metadata, encodeBytes))
  return Buffer.concat([Buffer.from(`${MAGIC} ${FORMAT_VERSION} ${crc32(body)}\n`), body])
}

/** Looks at the holder's property: a Buffer has become something else by its own `toJSON` before the replacer sees it. */
function encodeBytes(this: Readonly<Record<string, unknown>>, key: string, value: unknown): unknown {
  const held = this[key]
  return held instanceof Uint8Array ? { base64: Buffer.from(held).toString('base64') } : value
}

/** `pointer` is for messages. Throws CKPT_CORRUPT or CKPT_UNSUPPORTED_VERSION. */
export function decodeCheckpointMetadata(bytes: Uint8Array, pointer: string): CheckpointMetadata {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const headerEnd = buffer.indexOf(10)
  const [magic, version, checksum] = buffer.toString('latin1', 0, Math.max(0, headerEnd)).split(' ')
  if (magic !== MAGIC) throw corrupt(pointer, `it must start with "${MAGIC}"`)
  if (!(Number(version) <= FORMAT_VERSION)) {
    throw new MillraceError('CKPT_UNSUPPORTED_VERSION', `Checkpoint ${pointer} has format version ${version}; this version of Millrace reads versions up to ${FORMAT_VERSION}. Use the version that wrote it, or a newer one`, {
      origin: 'user',
      at: { file: pointer },
    })
  }
  const body = buffer.subarray(headerEnd + 1)
  if (crc32(body) !== Number(checksum)) throw corrupt(pointer, 'its checksum does not match: the file is truncated or damaged')
  return JSON.parse(body.toString('utf8'), (_key, value: unknown) => (isEncodedBytes(value) ? Buffer.from(value.base64, 'base64') : value)) as CheckpointMetadata
}

function isEncodedBytes(value: unknown): value is { readonly base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value && typeof value.base64 === 'string'
}

function corrupt(pointer: string, reason: string): MillraceError {
  return new MillraceError('CKPT_CORRUPT', `Checkpoint ${pointer} cannot be used: ${reason}. Restore from an older checkpoint or savepoint`, { origin: 'external', at: { file: pointer } })
}
