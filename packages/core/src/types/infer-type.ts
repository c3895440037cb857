import { bigint, double } from './number-types.ts'
import { boolean, bytes, string } from './simple-types.ts'
import type { AnyType } from './type-information.ts'

/**
 * The type of a primitive value or a Uint8Array; undefined for everything else, because one object says little about
 * the next. The same value type always gives the same TypeInformation, so a caller with several samples compares by `===`.
 */
export function inferType(sample: unknown): AnyType | undefined {
  switch (typeof sample) {
    case 'string':
      return string()
    case 'number':
      return double()
    case 'bigint':
      return bigint()
    case 'boolean':
      return boolean()
    default:
      return sample instanceof Uint8Array ? bytes() : undefined
  }
}
