import type { StateMeta } from '../../../spi/keyed-state-snapshot.ts'
import { readKey, writeKey } from '../../../types/canonical-key.ts'
import type { DataInput } from '../../../types/data-input.ts'
import type { DataOutput } from '../../../types/data-output.ts'
import { fromStateKey, toStateKey } from '../../../types/state-key.ts'
import { beginLength, endLength, readNamespace, writeNamespace } from '../entry-encoding.ts'
import type { EntryPosition } from './cache-entry.ts'
import { readOrderedDouble, writeOrderedDouble } from './ordered-double.ts'

/*
 * An entry in the store: table (u16, big-endian), key group (u16, big-endian), and a tail that its layout says.
 *
 *   key         key, namespace [, user key]
 *   namespace   namespace, key
 *   timer       timestamp, key, namespace
 *
 * Keys, namespaces and user keys are in the canonical bytes of snapshots. Each delimits itself, so all entries of a key, or of
 * a namespace, are one range, and a snapshot copies them without knowing their types. Only timestamps need an order beyond
 * that, and have an encoding that keeps it.
 */
export const PREFIX_BYTES = 4

export interface UserKeyCodec {
  write(value: unknown, output: DataOutput): void
  read(input: DataInput): unknown
}

/** Places and parts of a store entry. Knows no types but that of user keys. */
export interface EntryLayout {
  /** The tail of a position. */
  writeTail(at: EntryPosition, output: DataOutput): void
  /** The position of the tail that `input` stands at; its key group is in the prefix. */
  readTail(input: DataInput, into: EntryPosition): void
  /** Appends an entry's body in the canonical encoding (docs/snapshot-format.md); `input` stands at the tail. */
  writeBody(input: DataInput, key: Uint8Array, value: Uint8Array, output: DataOutput): void
  /** The begin of the body of a position, up to the value, if bodies have one. */
  writeIdentity(at: EntryPosition, output: DataOutput): void
  readonly bodiesHaveValues: boolean
  /** The opposite: appends the tail of the canonical body that begins at `input`, which is left at the value. */
  readBody(input: DataInput, body: Uint8Array, output: DataOutput): void
}

/** By kind and layout; restored entries keep the layout they were written in. */
export function entryLayout({ kind, layout }: Pick<StateMeta, 'kind' | 'layout'>, userKey?: UserKeyCodec): EntryLayout {
  if (kind === 'timer') return timerLayout
  if (kind === 'map') return mapLayout(userKey)
  return layout === 'key' ? keyLayout : namespaceLayout
}

const keyLayout: EntryLayout = {
  writeTail: writeKeyAndNamespace,
  readTail(input, into) {
    into.key = toStateKey(readKey(input))
    into.namespace = readNamespace(input)
  },
  writeBody(_input, key, value, output) {
    output.writeRaw(key, PREFIX_BYTES)
    output.writeRaw(value)
  },
  writeIdentity: writeKeyAndNamespace,
  bodiesHaveValues: true,
  readBody(input, body, output) {
    const start = input.position
    skipKeyAndNamespace(input)
    output.writeRaw(body, start, input.position)
  },
}

const namespaceLayout: EntryLayout = {
  writeTail(at, output) {
    writeNamespace(at.namespace, output)
    writeKey(fromStateKey(at.key), output)
  },
  readTail(input, into) {
    into.namespace = readNamespace(input)
    into.key = toStateKey(readKey(input))
  },
  writeBody(input, key, value, output) {
    readNamespace(input)
    output.writeRaw(key, input.position)
    output.writeRaw(key, PREFIX_BYTES, input.position)
    output.writeRaw(value)
  },
  writeIdentity: writeKeyAndNamespace,
  bodiesHaveValues: true,
  readBody(input, body, output) {
    const start = input.position
    readKey(input)
    const middle = input.position
    readNamespace(input)
    output.writeRaw(body, middle, input.position)
    output.writeRaw(body, start, middle)
  },
}

/** Without a codec it can only be restored into. */
function mapLayout(userKey: UserKeyCodec | undefined): EntryLayout {
  return {
    writeTail(at, output) {
      writeKeyAndNamespace(at, output)
      userKey?.write(at.userKey, output)
    },
    readTail(input, into) {
      keyLayout.readTail(input, into)
      into.userKey = userKey?.read(input)
    },
    writeBody(input, key, value, output) {
      skipKeyAndNamespace(input)
      output.writeRaw(key, PREFIX_BYTES, input.position)
      output.writeInt32(key.length - input.position)
      output.writeRaw(key, input.position)
      output.writeRaw(value)
    },
    writeIdentity(at, output) {
      writeKeyAndNamespace(at, output)
      const length = beginLength(output)
      userKey?.write(at.userKey, output)
      endLength(output, length)
    },
    bodiesHaveValues: true,
    readBody(input, body, output) {
      keyLayout.readBody(input, body, output)
      output.writeRaw(input.readRaw(input.readInt32()))
    },
  }
}

const timerLayout: EntryLayout = {
  writeTail(at, output) {
    writeOrderedDouble(at.userKey as number, output)
    writeKeyAndNamespace(at, output)
  },
  readTail(input, into) {
    into.userKey = readOrderedDouble(input)
    keyLayout.readTail(input, into)
  },
  writeBody(input, key, _value, output) {
    output.writeVarLong(readOrderedDouble(input))
    output.writeRaw(key, input.position)
  },
  writeIdentity(at, output) {
    output.writeVarLong(at.userKey as number)
    writeKeyAndNamespace(at, output)
  },
  bodiesHaveValues: false,
  readBody(input, body, output) {
    writeOrderedDouble(input.readVarLong(), output)
    keyLayout.readBody(input, body, output)
  },
}

function writeKeyAndNamespace(at: EntryPosition, output: DataOutput): void {
  writeKey(fromStateKey(at.key), output)
  writeNamespace(at.namespace, output)
}

function skipKeyAndNamespace(input: DataInput): void {
  readKey(input)
  readNamespace(input)
}
