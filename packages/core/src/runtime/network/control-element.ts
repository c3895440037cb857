import { corruptIndex } from '../../types/corrupt-index.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { Barrier } from '../checkpoint/barrier.ts'
import type { RecordBatch, StreamElement } from './stream-element.ts'

/** Everything that travels through a channel but records. */
export type ControlElement = Exclude<StreamElement, RecordBatch>

const WATERMARK = 1
const STATUS = 2
const BARRIER = 3
const END_OF_DATA = 4

/** One byte for the kind, then its fields; a barrier, which is rare and has many, as JSON. */
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
    case 'barrier':
      output.writeByte(BARRIER)
      output.writeString(JSON.stringify(element.barrier))
      return
    case 'endOfData':
      output.writeByte(END_OF_DATA)
      output.writeBoolean(element.drain)
      return
  }
}

/** Throws CORE_DATA_CORRUPT, CORE_DATA_TRUNCATED or a SyntaxError for bytes that `writeControlElement` did not write. */
export function readControlElement(input: DataInput): ControlElement {
  const kind = input.readByte()
  switch (kind) {
    case WATERMARK:
      return { kind: 'watermark', timestamp: input.readFloat64() }
    case STATUS:
      return { kind: 'status', idle: input.readBoolean() }
    case BARRIER:
      return { kind: 'barrier', barrier: JSON.parse(input.readString()) as Barrier }
    case END_OF_DATA:
      return { kind: 'endOfData', drain: input.readBoolean() }
    default:
      throw corruptIndex('the kind of a control element', kind, END_OF_DATA + 1)
  }
}
