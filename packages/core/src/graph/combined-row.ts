import { generic } from '../types/generic-type.ts'
import type { Key } from '../types/key.ts'
import { long } from '../types/number-types.ts'
import { row, type Fields, type RowType } from '../types/row-type.ts'
import type { AnyType } from '../types/type-information.ts'
import type { WindowSpec } from './operator-spec.ts'
import type { KeySelector } from './partitioning.ts'

/**
 * What a combiner sends to its window instead of elements: the accumulator of all elements of one key in one slice since
 * the last watermark or barrier. A tumbling window is one slice; sliding windows have slices of gcd(size, slide).
 */
export interface CombinedRow {
  readonly key: Key
  /** Start of the slice, epoch ms; also the timestamp of the row. */
  readonly slice: number
  /** Number of elements in the accumulator, so that late ones are counted one by one. */
  readonly count: number
  readonly accumulator: unknown
}

/** The key of the shuffle and of the window that reads combined rows. */
export const COMBINED_KEY: KeySelector = { kind: 'field', field: 'key' }

/** The schema of combined rows of elements of a type, if that is known. */
export function combinedRowType({ function: spec }: WindowSpec, keys: KeySelector | null | undefined, elementType: AnyType | undefined): AnyType {
  const accumulatorType = spec.kind === 'aggregate' ? spec.aggregate.accumulatorType : undefined
  return row({ key: keyType(keys, elementType), slice: long(), count: long(), accumulator: accumulatorType ?? generic() })
}

function keyType(keys: KeySelector | null | undefined, elementType: AnyType | undefined): AnyType {
  if (keys?.kind !== 'field' || elementType === undefined || !('fields' in elementType)) return generic<Key>()
  return (elementType as RowType<Fields>).fields[keys.field] ?? generic<Key>()
}
