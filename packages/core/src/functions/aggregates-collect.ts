import { list } from '../types/collection-types.ts'
import { generic } from '../types/generic-type.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'

/**
 * All values as an array, in order of arrival (merged windows and slices one after the other). Nulls are left out.
 * `type` is that of one value, for state and output (absent: generic). The state grows with the window.
 */
export function collect<T, V = T>(f?: (value: T) => V | null, type?: TypeInformation<V>): AggregateFunction<T, V[], readonly V[]> {
  const listType: AnyType = list(type ?? generic<V>())
  const select = f ?? ((value: T): V | null => value as unknown as V)
  return {
    name: 'collect',
    accumulatorType: listType,
    resultType: listType,
    createAccumulator: () => [],
    add(value, accumulator) {
      const selected = select(value)
      if (selected !== null) accumulator.push(selected)
      return accumulator
    },
    // a copy: the accumulator may live on after the result was emitted
    getResult: (accumulator) => accumulator.slice(),
    merge(a, b) {
      for (const value of b) a.push(value)
      return a
    },
  }
}
