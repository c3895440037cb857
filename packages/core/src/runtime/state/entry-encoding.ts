import type { Namespace, StateKey } from '../../spi/keyed-state-backend.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { readKey, skipKey, writeKey } from '../../types/canonical-key.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import { fromStateKey, toStateKey } from '../../types/state-key.ts'

/*
 * The canonical entry encoding of keyed state, byte by byte in docs/snapshot-format.md. Every backend writes it and reads
 * it, which is what makes their snapshots interchangeable:
 *
 *   entry  = varuint index of the state, int32 length of the body, body
 *   body   = key, namespace, value                        value, list, reducing, aggregating, window
 *          | key, namespace, int32 length, user key, value       map
 *          | varlong timestamp, key, namespace             timer
 *
 * The length lets a reader pass over entries of states whose serializer it does not have.
 */

export interface Writer {
  write(value: unknown, output: DataOutput): void
}

export function writeValueEntry(output: DataOutput, state: number, key: StateKey, namespace: Namespace, value: unknown, serializer: Writer): void {
  const length = beginEntry(output, state)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  serializer.write(value, output)
  endLength(output, length)
}

export interface MapEntrySerializers {
  readonly userKey: Writer
  readonly value: Writer
}

export function writeMapEntry(
  output: DataOutput,
  state: number,
  key: StateKey,
  namespace: Namespace,
  userKey: unknown,
  value: unknown,
  serializers: MapEntrySerializers,
): void {
  const length = beginEntry(output, state)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  const userKeyLength = beginLength(output)
  serializers.userKey.write(userKey, output)
  endLength(output, userKeyLength)
  serializers.value.write(value, output)
  endLength(output, length)
}

export function writeTimerEntry(output: DataOutput, state: number, timestamp: number, key: StateKey, namespace: Namespace): void {
  const length = beginEntry(output, state)
  output.writeVarLong(timestamp)
  writeKey(fromStateKey(key), output)
  writeNamespace(namespace, output)
  endLength(output, length)
}

/** Writes the index, and leaves room for the length. Returns where, for `endLength`. */
export function beginEntry(output: DataOutput, state: number): number {
  output.writeVarUint(state)
  return beginLength(output)
}

export function beginLength(output: DataOutput): number {
  const position = output.position
  output.writeInt32(0)
  return position
}

export function endLength(output: DataOutput, position: number): void {
  output.setInt32(position, output.position - position - 4)
}

export function writeNamespace(namespace: Namespace, output: DataOutput): void {
  if (namespace === null) {
    output.writeByte(0)
    return
  }
  output.writeByte(1)
  writeKey(namespace, output)
}

export function readNamespace(input: DataInput): Namespace {
  return input.readByte() === 0 ? null : (readKey(input) as Exclude<Namespace, null>)
}

export function skipNamespace(input: DataInput): void {
  if (input.readByte() !== 0) skipKey(input)
}

/**
 * Walks entries. After `next`, `state` is the index of the entry's state; the parts are then read in the order of the
 * encoding, or not at all: the following `next` passes over what was left.
 */
export class EntryReader {
  state = -1
  /** For user key and value, through their serializers. */
  readonly input: DataInput = createDataInput()
  #bodyEnd = 0

  wrap(bytes: Uint8Array): void {
    this.input.wrap(bytes)
    this.#bodyEnd = 0
  }

  next(): boolean {
    this.input.skip(this.#bodyEnd - this.input.position)
    if (this.input.remaining === 0) return false
    this.state = this.input.readVarUint()
    const length = this.input.readInt32()
    this.#bodyEnd = this.input.position + length
    return true
  }

  /** Where the entry ends in the wrapped bytes. */
  get end(): number {
    return this.#bodyEnd
  }

  /** True when the entry has been read to its last byte. */
  atEnd(): boolean {
    return this.input.position === this.#bodyEnd
  }

  readTimestamp(): number {
    return this.input.readVarLong()
  }

  readKey(): StateKey {
    return toStateKey(readKey(this.input))
  }

  readNamespace(): Namespace {
    return readNamespace(this.input)
  }

  /** Passes over the length that a map entry has before its user key. */
  beginUserKey(): void {
    this.input.skip(4)
  }
}
