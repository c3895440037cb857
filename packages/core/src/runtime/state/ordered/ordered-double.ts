import type { DataInput } from '../../../types/data-input.ts'
import type { DataOutput } from '../../../types/data-output.ts'

const scratch = new DataView(new ArrayBuffer(8))

/** Eight bytes that are ordered as the numbers are: big-endian, all bits of negative numbers flipped, the sign of others. */
export function writeOrderedDouble(value: number, output: DataOutput): void {
  scratch.setFloat64(0, value === 0 ? 0 : value)
  flip(scratch.getUint8(0) >= 0x80)
  for (let index = 0; index < 8; index++) output.writeByte(scratch.getUint8(index))
}

export function readOrderedDouble(input: DataInput): number {
  for (let index = 0; index < 8; index++) scratch.setUint8(index, input.readByte())
  flip(scratch.getUint8(0) < 0x80)
  return scratch.getFloat64(0)
}

function flip(all: boolean): void {
  scratch.setUint32(0, all ? ~scratch.getUint32(0) : scratch.getUint32(0) ^ 0x8000_0000)
  if (all) scratch.setUint32(4, ~scratch.getUint32(4))
}
