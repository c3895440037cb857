import { MillraceError } from '../../errors.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { TypeSchema } from '../../types/type-information.ts'

const VERSION = 1

/** A named operator state as described in a snapshot. */
export interface OperatorStateMeta {
  readonly name: string
  /** `broadcast`: the elements are the entries of a map, the same on every subtask. */
  readonly redistribution: 'split' | 'union' | 'broadcast'
  readonly serializer: { readonly id: string; readonly version: number }
  /** Absent for control objects, whose serializer reads all its versions. */
  readonly schema?: TypeSchema
  /** Of the keys of a broadcast state. */
  readonly keySchema?: TypeSchema
}

export interface OperatorStateElements {
  readonly meta: OperatorStateMeta
  /** Each in the encoding of its serializer; of a broadcast state the key, then the value. */
  readonly elements: readonly Uint8Array[]
}

/** The operator state of one operator in one subtask. A name may occur twice when subtasks wrote different versions. */
export interface OperatorStateSnapshot {
  readonly states: readonly OperatorStateElements[]
}

/** varuint version, varuint count of states, for each: its meta as JSON, varuint count of elements, each with its length. */
export function encodeOperatorState(snapshot: OperatorStateSnapshot): Uint8Array {
  const output = createDataOutput(256)
  output.writeVarUint(VERSION)
  output.writeVarUint(snapshot.states.length)
  for (const { meta, elements } of snapshot.states) {
    output.writeString(JSON.stringify(meta))
    output.writeVarUint(elements.length)
    for (const element of elements) output.writeBytes(element)
  }
  return output.bytes()
}

/** Throws STATE_UNSUPPORTED_VERSION. */
export function decodeOperatorState(bytes: Uint8Array): OperatorStateSnapshot {
  const input = createDataInput(bytes)
  const version = input.readVarUint()
  if (version > VERSION) {
    const message = `Operator state has format version ${version}, this release reads versions up to ${VERSION}. Use the release that wrote it or a later one`
    throw new MillraceError('STATE_UNSUPPORTED_VERSION', message, { origin: 'user' })
  }
  const states: OperatorStateElements[] = []
  for (let left = input.readVarUint(); left > 0; left--) {
    const meta = JSON.parse(input.readString()) as OperatorStateMeta
    const elements = Array.from({ length: input.readVarUint() }, () => input.readBytes())
    states.push({ meta, elements })
  }
  return { states }
}
