import { MillraceError } from '../errors.ts'
import type { JsonValue } from '../spi/json-value.ts'
import type { SimpleVersionedSerializer } from '../spi/simple-versioned-serializer.ts'
import { createDataInput } from '../types/byte-data-input.ts'
import { createDataOutput } from '../types/byte-data-output.ts'
import { generic } from '../types/generic-type.ts'
import type { AnyType } from '../types/type-information.ts'

/** What a SourceFunction did and the job has not taken over yet. */
export type Emission =
  | { readonly kind: 'record'; readonly value: unknown; readonly timestamp: number | undefined }
  | { readonly kind: 'watermark'; readonly timestamp: number }
  | { readonly kind: 'idle' }

/** One running instance of a SourceFunction, as it is found again after a restore. */
export interface FunctionSplit {
  readonly id: string
  /** Which of `count` instances this is: it stays the same when the job is rescaled. */
  readonly index: number
  readonly count: number
  /** `run` has returned; only what is pending is left. */
  readonly finished: boolean
  /** What `snapshotState` returned; absent at the start and for functions without it. */
  readonly state?: JsonValue
  /** Collected before `state` was taken, not emitted yet. */
  readonly pending: readonly Emission[]
}

const VERSION = 1
const KINDS = ['record', 'watermark', 'idle'] as const

/** Version 1: the split as JSON without its pending emissions, then these one by one, records in their own type. */
export function functionSplitSerializer(type: AnyType | undefined): SimpleVersionedSerializer<FunctionSplit> {
  const { serializer } = (type ?? generic()) as AnyType
  return {
    version: VERSION,
    serialize({ pending, ...split }) {
      const output = createDataOutput()
      output.writeString(JSON.stringify(split))
      output.writeVarUint(pending.length)
      for (const emission of pending) {
        output.writeByte(KINDS.indexOf(emission.kind))
        if (emission.kind === 'idle') continue
        output.writeFloat64(emission.timestamp ?? Number.NaN)
        if (emission.kind === 'record') serializer.write(emission.value as never, output)
      }
      return output.bytes()
    },
    deserialize(version, bytes) {
      if (version !== VERSION) {
        throw new MillraceError('CORE_UNKNOWN_VERSION', `expected version ${VERSION} of a source function's split, found ${version}; run the release that wrote it`, { origin: 'user' })
      }
      const input = createDataInput(bytes)
      const split = JSON.parse(input.readString()) as Omit<FunctionSplit, 'pending'>
      const pending = Array.from({ length: input.readVarUint() }, (): Emission => {
        const kind = KINDS[input.readByte()]
        if (kind === undefined || kind === 'idle') return { kind: 'idle' }
        const timestamp = input.readFloat64()
        if (kind === 'watermark') return { kind, timestamp }
        return { kind, timestamp: Number.isNaN(timestamp) ? undefined : timestamp, value: serializer.read(input) }
      })
      return { ...split, pending }
    },
  }
}
