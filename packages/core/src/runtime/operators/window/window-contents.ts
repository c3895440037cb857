import { MillraceError } from '../../../errors.ts'
import type { AggregateFunction } from '../../../functions/aggregate-function.ts'
import type { ProcessWindowFunction, TimeWindow, WindowOpenContext } from '../../../functions/window.ts'
import type { WindowFunctionSpec } from '../../../graph/operator-spec.ts'
import type { Output } from '../../../spi/output.ts'
import type { Key } from '../../../types/key.ts'
import { list } from '../../../types/collection-types.ts'
import { generic } from '../../../types/generic-type.ts'
import type { AnyType, TypeInformation } from '../../../types/type-information.ts'
import type { CombinedRow } from '../../../graph/combined-row.ts'

/** What a window holds for a key, whatever the window function: one accumulator that grows and gives rows. */
export interface WindowContents {
  /** Of the accumulator in state. */
  readonly type: AnyType
  /** The accumulator of a first element. */
  first(value: unknown, timestamp: number): unknown
  /** May change and return `accumulator`. */
  add(value: unknown, accumulator: unknown, timestamp: number): unknown
  /** An accumulator of its own with the contents of `a`, to merge others into. */
  copy?(a: unknown): unknown
  /** May change and return `a`, never `b`. */
  merge?(a: unknown, b: unknown): unknown
  /** Must not change the accumulator. `key` gives the key of the window: decoding it is left to those who need it. */
  emit(accumulator: unknown, keys: { readonly key: Key }, window: TimeWindow, watermark: number, output: Output<unknown>): void
  /** Of windows with an evictor: what it leaves of the accumulator, before and after it was emitted. Changes nothing. */
  evict?(when: 'before' | 'after', accumulator: unknown, window: TimeWindow, watermark: number): readonly unknown[]
}

type Aggregate = AggregateFunction<unknown, unknown, unknown>
type Finish = (result: unknown, key: Key, window: TimeWindow) => unknown

/** `context`: for functions that are opened; others do not need it. */
export function windowContents(spec: WindowFunctionSpec, combined: boolean, context?: WindowOpenContext): WindowContents {
  switch (spec.kind) {
    case 'aggregate': {
      const aggregate = spec.aggregate as unknown as Aggregate
      return aggregated(combined ? ofCombinedRows(aggregate) : aggregate, spec.finish as Finish | undefined)
    }
    case 'reduce':
      return reduced(spec.reduce as (a: unknown, b: unknown) => unknown, spec.elementType)
    case 'process':
      return collected(spec.open(context as WindowOpenContext) as ProcessWindowFunction<unknown, unknown, Key, TimeWindow>, spec.elementType)
  }
}

function aggregated(aggregate: Aggregate, finish: Finish | undefined): WindowContents {
  const { merge } = aggregate
  return {
    type: aggregate.accumulatorType ?? generic(),
    first: (value) => aggregate.add(value, aggregate.createAccumulator()),
    add: (value, accumulator) => aggregate.add(value, accumulator),
    ...(merge === undefined
      ? {}
      : {
          copy: (a: unknown) => merge.call(aggregate, aggregate.createAccumulator(), a),
          merge: (a: unknown, b: unknown) => merge.call(aggregate, a, b),
        }),
    emit(accumulator, keys, window, _watermark, output) {
      const result = aggregate.getResult(accumulator)
      output.collect(finish === undefined ? result : finish(result, keys.key, window))
    },
  }
}

/** Behind a combiner the elements are accumulators. */
function ofCombinedRows(aggregate: Aggregate): Aggregate {
  const { merge } = aggregate
  if (merge === undefined) {
    throw new MillraceError('CORE_NOT_MERGEABLE', `expected an aggregate with merge behind a combiner, found ${aggregate.name ?? 'one'} without`, { origin: 'engine' })
  }
  return {
    ...(aggregate.accumulatorType === undefined ? {} : { accumulatorType: aggregate.accumulatorType }),
    createAccumulator: () => aggregate.createAccumulator(),
    add: (row, accumulator) => merge.call(aggregate, accumulator, (row as CombinedRow).accumulator),
    getResult: (accumulator) => aggregate.getResult(accumulator),
    merge: (a, b) => merge.call(aggregate, a, b),
  }
}

function reduced(reduce: (a: unknown, b: unknown) => unknown, elementType: AnyType | undefined): WindowContents {
  return {
    type: elementType ?? generic(),
    first: (value) => value,
    add: (value, accumulator) => reduce(accumulator, value),
    copy: (a) => a,
    merge: reduce,
    emit: (accumulator, _keys, _window, _watermark, output) => output.collect(accumulator),
  }
}

function collected(process: ProcessWindowFunction<unknown, unknown, Key, TimeWindow>, elementType: AnyType | undefined): WindowContents {
  const append = (value: unknown, elements: unknown): unknown => {
    ;(elements as unknown[]).push(value)
    return elements
  }
  return {
    type: list((elementType ?? generic()) as TypeInformation<unknown>),
    first: (value) => [value],
    add: append,
    copy: (a) => [...(a as readonly unknown[])],
    merge: (a, b) => {
      for (const value of b as readonly unknown[]) append(value, a)
      return a
    },
    // a copy of the elements: what is handed out must not change with later ones
    emit: (elements, keys, window, watermark, output) => process([...(elements as readonly unknown[])], { key: keys.key, window, watermark }, output),
  }
}
