import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import { corruptIndex } from '../../types/corrupt-index.ts'
import type { RecordBatch, StreamElement } from './stream-element.ts'

/** Everything that travels through a channel but records. */
export type ControlElement = Exclude<StreamElement, RecordBatch>

const WATERMARK = 1
const STATUS = 2
const BARRIER = 3
const END_OF_DATA = 4

/** One byte for the kind, then its fields. */
export function writeControlElement(element: ControlElement, output: DataOutput): void {
  switch (element.kind) {
    case 'watermark':
      output.writeByte(WATERMARK)
      output.writeFloat64(element.timestamp)
      return
    case 'status':
      output.writeByte(STATUS)
      output.writeBoolean(element.idle)
      return
    case 'barrier': {
      const { checkpointId, timestampMs, savepoint, terminal, aligned } = element.barrier
      output.writeByte(BARRIER)
      output.writeVarUint(checkpointId)
      output.writeFloat64(timestampMs)
      output.writeBoolean(savepoint !== undefined)
      if (savepoint !== undefined) output.writeString(savepoint)
      output.writeBoolean(terminal)
      output.writeBoolean(aligned)
      return
    }
    case 'endOfData':
      output.writeByte(END_OF_DATA)
      output.writeBoolean(element.drain)
      return
  }
}

/** Throws CORE_DATA_CORRUPT or CORE_DATA_TRUNCATED. */
export function readControlElement(input: DataInput): ControlElement {
  const kind = input.readByte()
  switch (kind) {
    case WATERMARK:
      return { kind: 'watermark', timestamp: input.readFloat64() }
    case STATUS:
      return { kind: 'status', idle: input.readBoolean() }
    case BARRIER: {
      const checkpointId = input.readVarUint()
      const timestampMs = input.readFloat64()
      const savepoint = input.readBoolean() ? input.readString() : undefined
      return { kind: 'barrier', barrier: { checkpointId, timestampMs, savepoint, terminal: input.readBoolean(), aligned: input.readBoolean() } }
    }
    case END_OF_DATA:
      return { kind: 'endOfData', drain: input.readBoolean() }
    default:
      throw corruptIndex('the kind of a control element', kind, END_OF_DATA + 1)
  }
}
