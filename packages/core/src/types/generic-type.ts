import { createRequire } from 'node:module'
import { MillraceError } from '../errors.ts'
import { checkSerializable } from './check-serializable.ts'
import { defineType } from './define-type.ts'
import type * as Msgpackr from 'msgpackr'
import type { TypeInformation } from './type-information.ts'

let packr: Msgpackr.Packr | undefined

/**
 * Every value carries the structures of its objects itself: structures shared between values would tie bytes to the
 * instance that wrote them. Objects are records and only Map is a MessagePack map, so that the two stay apart.
 * Loaded at first use: it takes ten milliseconds that most jobs never need.
 */
export function genericPackr(): Msgpackr.Packr {
  if (packr === undefined) {
    const { Packr } = createRequire(import.meta.url)('msgpackr') as typeof Msgpackr
    packr = new Packr({ useRecords: true, moreTypes: true, useBigIntExtension: true, copyBuffers: true })
  }
  return packr
}

const GENERIC: TypeInformation<unknown> = defineType<unknown>(
  { kind: 'generic' },
  {
    id: 'generic',
    version: 1,
    write(value, output) {
      checkSerializable(value)
      output.writeBytes(genericPackr().pack(value))
    },
    read(input) {
      const bytes = input.readBytes()
      try {
        return genericPackr().unpack(bytes) as unknown
      } catch (error) {
        throw MillraceError.wrap(error, 'CORE_DATA_CORRUPT', 'expected a generic value in MessagePack', { origin: 'external' })
      }
    },
  },
)

/**
 * Values of no declared structure, written as MessagePack: null, undefined, booleans, numbers, strings, bigints of any
 * size, Date, Uint8Array, arrays, plain objects, Map and Set, nested at most 500 deep. Slower and larger than a row.
 *
 * −0 is read as 0, lone surrogates as U+FFFD, a Buffer as a Uint8Array, a shared object as separate copies, an
 * object without prototype as a plain one; symbol-named and non-enumerable properties are left out. Functions,
 * symbols, cycles and instances of other classes throw CORE_UNSERIALIZABLE.
 */
export function generic<T>(): TypeInformation<T> {
  return GENERIC as TypeInformation<unknown> as TypeInformation<T>
}
