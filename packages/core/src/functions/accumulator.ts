/** A number that a job adds up over all of its subtasks, for its result. */
export interface Accumulator {
  add(value: number): void
}

export type AccumulatorKind = 'sum' | 'min' | 'max' | 'average' | 'histogram'

/**
 * The accumulators of a function, by name: the same name gives the same one, and subtasks and operators that use one name
 * and kind share its result. Unlike metrics they are part of checkpoints, so that after a restart nothing counts twice.
 * `histogram` counts how often each value was added; use it for few different values. Throws CORE_INVALID_ACCUMULATOR for an
 * empty name.
 */
export type Accumulators = { readonly [K in AccumulatorKind]: (name: string) => Accumulator }

/** What all subtasks have added. Absent while nobody has added anything: sums and histograms are then empty. */
export type AccumulatorResult =
  | { readonly kind: 'sum' | 'min' | 'max' | 'average'; readonly value: number }
  /** Pairs of a value and how often it was added, in order of values. */
  | { readonly kind: 'histogram'; readonly value: readonly (readonly [value: number, count: number])[] }

/** By name; `name (kind)` where operators used one name for different kinds. */
export type AccumulatorResults = Readonly<Record<string, AccumulatorResult>>
