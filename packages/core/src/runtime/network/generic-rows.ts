import { MillraceError } from '../../errors.ts'
import { checkSerializable } from '../../types/check-serializable.ts'
import { genericPackr } from '../../types/generic-type.ts'
import type { RowsCodec } from './row-frame.ts'

/**
 * The rows of a frame as one MessagePack array, so that rows of one shape share its description: it stands in the frame once.
 * What types.generic() refuses is refused here too.
 */
export function genericRows(): RowsCodec {
  const packr = genericPackr()
  return {
    writeRows(values, output) {
      for (let index = 0; index < values.length; index++) checkSerializable(values[index])
      output.writeRaw(packr.pack(values))
    },
    readRows(_count, bytes, input) {
      const { position, remaining } = input
      input.skip(remaining)
      try {
        const values: unknown = packr.unpack(bytes.subarray(position, position + remaining))
        if (Array.isArray(values)) return values as unknown[]
      } catch (error) {
        throw MillraceError.wrap(error, 'CORE_DATA_CORRUPT', 'expected rows in MessagePack', { origin: 'external' })
      }
      throw new MillraceError('CORE_DATA_CORRUPT', 'expected rows in MessagePack, found something else', { origin: 'external' })
    },
  }
}
