import { generic } from '../types/generic-type.ts'
import { row } from '../types/row-type.ts'
import type { AnyType, TypeInformation } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'
import { compare, type Comparable } from './aggregates.ts'

export interface ByAccumulator<T> {
  /** The value of the field in `element`; null: there is none yet. */
  by: Comparable | null
  element: T | null
}

/** The element with the least value of `f`, the first one of several; elements where it is null are left out. */
export function minBy<T>(f: (value: T) => Comparable | null, type?: TypeInformation<T>): AggregateFunction<T, ByAccumulator<T>, T | null> {
  return by('minBy', f, type, -1)
}

/** The element with the greatest value of `f`, the first one of several; elements where it is null are left out. */
export function maxBy<T>(f: (value: T) => Comparable | null, type?: TypeInformation<T>): AggregateFunction<T, ByAccumulator<T>, T | null> {
  return by('maxBy', f, type, 1)
}

function by<T>(name: string, f: (value: T) => Comparable | null, type: TypeInformation<T> | undefined, sign: 1 | -1): AggregateFunction<T, ByAccumulator<T>, T | null> {
  const elementType: AnyType = type?.nullable() ?? generic()
  const offer = (value: Comparable | null, element: T | null, accumulator: ByAccumulator<T>): ByAccumulator<T> => {
    if (value !== null && (accumulator.by === null || sign * compare(value, accumulator.by) > 0)) {
      accumulator.by = value
      accumulator.element = element
    }
    return accumulator
  }
  return {
    name,
    accumulatorType: row({ by: generic<Comparable | null>(), element: elementType }),
    resultType: elementType,
    createAccumulator: () => ({ by: null, element: null }),
    add: (element, accumulator) => offer(f(element), element, accumulator),
    getResult: (accumulator) => accumulator.element,
    merge: (a, b) => offer(b.by, b.element, a),
  }
}
