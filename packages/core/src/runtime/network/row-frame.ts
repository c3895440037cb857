import { MillraceError } from '../../errors.ts'
import { mayGenerateCode } from '../../types/code-generation.ts'
import type { DataInput } from '../../types/data-input.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { AnyType } from '../../types/type-information.ts'
import { NumberColumn } from './column-buffer.ts'
import { columnarRows } from './columnar-rows.ts'
import { genericRows } from './generic-rows.ts'
import { columnsOf } from './row-columns.ts'
import type { RecordBatch } from './stream-element.ts'
import { typedRows } from './typed-rows.ts'

/** Writes and reads the values of a batch, all of one type. */
export interface RowsCodec {
  writeRows(values: readonly unknown[], output: DataOutput): void
  readRows(count: number, bytes: Uint8Array, input: DataInput): unknown[]
}

/** The payload of a row frame: a byte for how rows are written, their number, their timestamps, the rows. */
export interface RowFrameCodec {
  /** A batch that is shared is encoded when it first comes, as long as no other one comes between. */
  write(batch: RecordBatch, output: DataOutput): void
  /** `bytes` begins with the payload; `input` is wrapped around it. Throws a MillraceError for bytes that `write` did not write. */
  read(bytes: Uint8Array, length: number, input: DataInput): RecordBatch
}

const ROWS = 1
const GENERIC = 2
const COLUMNS = 3
const ONE_TIMESTAMP = 0
const EACH_TIMESTAMP = 1

const codecs = new WeakMap<AnyType, RowFrameCodec>()
let genericCodec: RowFrameCodec | undefined

/** The codec of a type in this thread: one for all its channels, as each would have to be compiled by itself. Used by one call at a time. */
export function rowFrameCodecOf(type: AnyType | undefined): RowFrameCodec {
  if (type === undefined) return (genericCodec ??= createRowFrameCodec(undefined))
  const codec = codecs.get(type) ?? createRowFrameCodec(type)
  codecs.set(type, codec)
  return codec
}

/** Rows of a schema are written field by field by compiled code; without one, or with a generic one, as MessagePack. */
export function createRowFrameCodec(type: AnyType | undefined): RowFrameCodec {
  const { format, rows } = rowsCodec(type)
  const times = timestampsCodec()
  const write = ({ values, timestamps }: RecordBatch, output: DataOutput): void => {
    output.writeByte(format)
    output.writeVarUint(values.length)
    times.write(timestamps, output)
    rows.writeRows(values, output)
  }
  let shared: { readonly batch: RecordBatch; readonly bytes: Uint8Array } | undefined
  return {
    write(batch, output) {
      if (batch.isShared !== true) return write(batch, output)
      if (shared?.batch === batch) return output.writeRaw(shared.bytes)
      const start = output.position
      write(batch, output)
      shared = { batch, bytes: output.view().slice(start) }
    },
    read(bytes, length, input) {
      input.wrap(bytes, 0, length)
      const found = input.readByte()
      if (found !== format) throw corruptRows(`rows in format ${format}`, `format ${found}`)
      const count = input.readVarUint()
      const timestamps = times.read(count, bytes, input)
      const values = rows.readRows(count, bytes, input)
      if (input.remaining > 0 || values.length !== count) throw corruptRows(`${count} rows and nothing after them`, `${values.length} rows and ${input.remaining} more bytes`)
      return { kind: 'records', values, timestamps, bytes: length }
    },
  }
}

function rowsCodec(type: AnyType | undefined): { readonly format: number; readonly rows: RowsCodec } {
  if (type === undefined || type.schema.kind === 'generic') return { format: GENERIC, rows: genericRows() }
  const columns = mayGenerateCode() ? columnsOf(type) : undefined
  return columns === undefined ? { format: ROWS, rows: typedRows(type) } : { format: COLUMNS, rows: columnarRows(type, columns) }
}

/** Records that were never given a time all have the same; others have one each, with every bit of it. */
function timestampsCodec(): { write(timestamps: readonly number[], output: DataOutput): void; read(count: number, bytes: Uint8Array, input: DataInput): number[] } {
  const column = new NumberColumn()
  return {
    write(timestamps, output) {
      const first = timestamps[0] as number
      let index = 1
      while (index < timestamps.length && timestamps[index] === first) index++
      const isOne = index >= timestamps.length
      output.writeByte(isOne ? ONE_TIMESTAMP : EACH_TIMESTAMP)
      if (isOne) {
        output.writeFloat64(first)
      } else {
        column.reserve(timestamps.length).set(timestamps)
        column.write(timestamps.length, output)
      }
    },
    read(count, bytes, input) {
      const isOne = input.readByte() === ONE_TIMESTAMP
      // oxlint-disable-next-line unicorn/no-new-array -- growing it step by step takes a third more time
      const timestamps = new Array<number>(count)
      if (isOne) {
        const timestamp = input.readFloat64()
        for (let index = 0; index < count; index++) timestamps[index] = timestamp
      } else {
        const values = column.read(count, bytes, input)
        for (let index = 0; index < count; index++) timestamps[index] = values[index] as number
      }
      return timestamps
    },
  }
}

function corruptRows(expected: string, found: string): MillraceError {
  return new MillraceError('CORE_DATA_CORRUPT', `expected a frame of ${expected}, found ${found}: the two ends of a channel disagree about its type`, { origin: 'external' })
}
