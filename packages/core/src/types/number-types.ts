import { defineType } from './define-type.ts'
import { typeMismatch } from './type-mismatch.ts'
import type { TypeInformation } from './type-information.ts'

const INT: TypeInformation<number> = defineType(
  { kind: 'int' },
  {
    id: 'int',
    version: 1,
    write(value, output) {
      if (typeof value !== 'number' || (value | 0) !== value) throw typeMismatch('a whole number from −2^31 to 2^31 − 1', value)
      output.writeVarLong(value)
    },
    read: (input) => input.readVarLong(),
  },
)

const LONG: TypeInformation<number> = defineType(
  { kind: 'long' },
  {
    id: 'long',
    version: 1,
    write(value, output) {
      if (!Number.isSafeInteger(value))
        throw typeMismatch('a whole number within ±(2^53 − 1)', value, 'types.bigint() holds larger integers, types.double() fractions')
      output.writeVarLong(value)
    },
    read: (input) => input.readVarLong(),
  },
)

const BIGINT: TypeInformation<bigint> = defineType(
  { kind: 'bigint' },
  {
    id: 'bigint',
    version: 1,
    write(value, output) {
      if (typeof value !== 'bigint') throw typeMismatch('a bigint', value)
      output.writeBigInt(value)
    },
    read: (input) => input.readBigInt(),
  },
)

const DOUBLE: TypeInformation<number> = defineType(
  { kind: 'double' },
  {
    id: 'double',
    version: 1,
    write(value, output) {
      if (typeof value !== 'number') throw typeMismatch('a number', value)
      output.writeFloat64(value)
    },
    read: (input) => input.readFloat64(),
  },
)

const floatBits = new Float32Array(1)
const intBits = new Int32Array(floatBits.buffer)

const FLOAT: TypeInformation<number> = defineType(
  { kind: 'float' },
  {
    id: 'float',
    version: 1,
    write(value, output) {
      if (typeof value !== 'number') throw typeMismatch('a number', value)
      floatBits[0] = value
      output.writeInt32(intBits[0] as number)
    },
    read(input) {
      intBits[0] = input.readInt32()
      return floatBits[0] as number
    },
  },
)

/** A whole number of 32 bits, −2^31 to 2^31 − 1, checked. */
export function int(): TypeInformation<number> {
  return INT
}

/** A whole number within ±(2^53 − 1), what a JavaScript number counts exactly; checked. */
export function long(): TypeInformation<number> {
  return LONG
}

/** An integer of any size. */
export function bigint(): TypeInformation<bigint> {
  return BIGINT
}

/** A number rounded to 32-bit IEEE 754 when it is written; a source that fills it should round with Math.fround. */
export function float(): TypeInformation<number> {
  return FLOAT
}

/** Any JavaScript number: 64-bit IEEE 754, NaN and the infinities included. */
export function double(): TypeInformation<number> {
  return DOUBLE
}
