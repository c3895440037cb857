import type { Evictor, WindowElement } from '../../../functions/evictors.ts'
import type { WindowOpenContext } from '../../../functions/window.ts'
import type { WindowFunctionSpec } from '../../../graph/operator-spec.ts'
import { list } from '../../../types/collection-types.ts'
import { generic } from '../../../types/generic-type.ts'
import { long } from '../../../types/number-types.ts'
import { row } from '../../../types/row-type.ts'
import type { AnyType, TypeInformation } from '../../../types/type-information.ts'
import { windowContents, type WindowContents } from './window-contents.ts'

type Elements = readonly WindowElement<unknown>[]

/** Contents of windows with an evictor: all elements. The window function starts afresh with those left each time it fires. */
export function evictingContents(spec: WindowFunctionSpec, evictor: Evictor<unknown>, elementType: AnyType | undefined, context: WindowOpenContext): WindowContents {
  const function_ = windowContents(spec, false, context)
  const add = (element: WindowElement<unknown>, elements: unknown): unknown => {
    ;(elements as WindowElement<unknown>[]).push(element)
    return elements
  }
  return {
    type: list(row({ value: (elementType ?? generic()) as TypeInformation<unknown>, timestamp: long() })),
    first: (value, timestamp) => [{ value, timestamp }],
    add: (value, elements, timestamp) => add({ value, timestamp }, elements),
    copy: (a) => [...(a as Elements)],
    merge: (a, b) => (b as Elements).reduce((into: unknown, element) => add(element, into), a),
    emit(elements, keys, window, watermark, output) {
      const [first, ...others] = elements as Elements
      if (first === undefined) return
      const accumulator = others.reduce((sum, { value, timestamp }) => function_.add(value, sum, timestamp), function_.first(first.value, first.timestamp))
      function_.emit(accumulator, keys, window, watermark, output)
    },
    evict(when, elements, window, watermark) {
      const all = elements as Elements
      return all.length === 0 ? all : (evictor[when]?.(all, { window, watermark }) ?? all)
    },
  }
}
