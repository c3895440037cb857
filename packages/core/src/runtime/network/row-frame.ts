import { MillraceError } from '../../errors.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { AnyType } from '../../types/type-information.ts'
import { genericRows } from './generic-rows.ts'
import type { RecordBatch } from './stream-element.ts'
import { typedRows } from './typed-rows.ts'

/** Writes and reads the values of a batch, all of one type. Of one end of one channel. */
export interface RowsCodec {
  writeRows(values: readonly unknown[], output: DataOutput): void
  readRows(count: number, bytes: Uint8Array, input: DataInput): unknown[]
}

/** The payload of a row frame: a byte for how rows are written, their number, their timestamps, the rows. */
export interface RowFrameCodec {
  write(batch: RecordBatch, output: DataOutput): void
  /** `bytes` begins with the payload; `input` is wrapped around it. Throws a MillraceError for bytes that `write` did not write. */
  read(bytes: Uint8Array, length: number, input: DataInput): RecordBatch
}

const TYPED = 1
const GENERIC = 2
const ONE_TIMESTAMP = 0
const EACH_TIMESTAMP = 1

/** Rows of a schema are written field by field by compiled code; without one, or with a generic one, as MessagePack. */
export function createRowFrameCodec(type: AnyType | undefined): RowFrameCodec {
  const format = type === undefined || type.schema.kind === 'generic' ? GENERIC : TYPED
  const rows = format === GENERIC ? genericRows() : typedRows(type as AnyType)
  return {
    write({ values, timestamps }, output) {
      output.writeByte(format)
      output.writeVarUint(values.length)
      writeTimestamps(timestamps, output)
      rows.writeRows(values, output)
    },
    read(bytes, length, input) {
      input.wrap(bytes, 0, length)
      const found = input.readByte()
      if (found !== format) throw corruptRows(`rows in format ${format}`, `format ${found}`)
      const count = input.readVarUint()
      const timestamps = readTimestamps(count, input)
      const values = rows.readRows(count, bytes, input)
      if (input.remaining > 0 || values.length !== count) throw corruptRows(`${count} rows and nothing after them`, `${values.length} rows and ${input.remaining} more bytes`)
      return { kind: 'records', values, timestamps, bytes: length }
    },
  }
}

/** Records that were never given a time all have the same; others have one each, with every bit of it. */
function writeTimestamps(timestamps: readonly number[], output: DataOutput): void {
  const first = timestamps[0] as number
  let index = 1
  while (index < timestamps.length && timestamps[index] === first) index++
  if (index >= timestamps.length) {
    output.writeByte(ONE_TIMESTAMP)
    output.writeFloat64(first)
    return
  }
  output.writeByte(EACH_TIMESTAMP)
  for (index = 0; index < timestamps.length; index++) output.writeFloat64(timestamps[index] as number)
}

function readTimestamps(count: number, input: DataInput): number[] {
  const timestamps: number[] = []
  if (input.readByte() === ONE_TIMESTAMP) {
    const timestamp = input.readFloat64()
    for (let index = 0; index < count; index++) timestamps.push(timestamp)
  } else {
    for (let index = 0; index < count; index++) timestamps.push(input.readFloat64())
  }
  return timestamps
}

function corruptRows(expected: string, found: string): MillraceError {
  return new MillraceError('CORE_DATA_CORRUPT', `expected a frame of ${expected}, found ${found}: the two ends of a channel disagree about its type`, { origin: 'external' })
}
