import type { Source, SourceSplit } from '../../spi/source.ts'
import type { SimpleVersionedSerializer } from '../../spi/simple-versioned-serializer.ts'
import { createDataInput } from '../../types/byte-data-input.ts'
import { createDataOutput } from '../../types/byte-data-output.ts'
import type { JsonValue } from '../../types/json-value.ts'
import { jsonObjectSerializer } from './json-object-serializer.ts'

/** A split in a checkpoint, with how far its watermark was: a restored job must not reopen windows it has closed. */
export interface SplitState {
  readonly split: SourceSplit
  readonly watermark: number
  /** Of the watermark generator; null if it has none. */
  readonly generator: JsonValue
}

export function splitSerializerOf(source: Source<unknown>): SimpleVersionedSerializer<SourceSplit> {
  return source.splitSerializer ?? (jsonObjectSerializer(`splits of source ${source.name}`) as SimpleVersionedSerializer<SourceSplit>)
}

export function splitStateSerializer(source: Source<unknown>): SimpleVersionedSerializer<SplitState> {
  const splits = splitSerializerOf(source)
  return {
    version: 1,
    serialize({ split, watermark, generator }) {
      const output = createDataOutput(256)
      output.writeVarUint(splits.version)
      output.writeBytes(splits.serialize(split))
      output.writeVarLong(watermark)
      output.writeString(JSON.stringify(generator))
      return output.bytes()
    },
    deserialize(_version, bytes) {
      const input = createDataInput(bytes)
      const version = input.readVarUint()
      const split = splits.deserialize(version, input.readBytes())
      return { split, watermark: input.readVarLong(), generator: JSON.parse(input.readString()) as JsonValue }
    },
  }
}
