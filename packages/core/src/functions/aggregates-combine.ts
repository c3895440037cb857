import { mayGenerateCode } from '../types/code-generation.ts'
import { generic } from '../types/generic-type.ts'
import { row, type Fields } from '../types/row-type.ts'
import type { AnyType } from '../types/type-information.ts'
import type { AggregateFunction } from './aggregate-function.ts'

/** An AggregateFunction whose accumulator type does not matter: what a record of aggregates is checked against. */
export interface SomeAggregate<in T, out R> {
  readonly name?: string
  readonly accumulatorType?: AnyType
  readonly resultType?: AnyType
  createAccumulator(): unknown
  add(value: T, accumulator: never): unknown
  getResult(accumulator: never): R
  merge?(a: never, b: never): unknown
}

export type AggregateSpec<T> = Readonly<Record<string, SomeAggregate<T, unknown>>>
/** What a record of aggregates results in: the same names with their results. */
export type AggregateResults<S> = { readonly [P in keyof S]: S[P] extends SomeAggregate<never, infer R> ? R : never }
/** Under each name that aggregate's accumulator. */
export type CombinedAccumulator = Record<string, unknown>

type Part = AggregateFunction<unknown, unknown, unknown>
type Combined = Pick<AggregateFunction<unknown, CombinedAccumulator, CombinedAccumulator>, 'createAccumulator' | 'add' | 'getResult'> & {
  merge(a: CombinedAccumulator, b: CombinedAccumulator): CombinedAccumulator
}

/** Computes several aggregates over the same elements in one pass. Mergeable if all of them are. */
export function combineAggregates<T, const S extends AggregateSpec<T>>(spec: S): AggregateFunction<T, CombinedAccumulator, AggregateResults<S>> {
  const names = Object.keys(spec)
  const parts = Object.values(spec) as unknown as readonly Part[]
  const { merge, ...combined } = mayGenerateCode() ? generated(names, parts) : interpreted(names, parts)
  const resultType = rowOf(names, parts, 'resultType')
  return {
    name: names.map((name, index) => `${name}: ${parts[index]?.name ?? 'aggregate'}`).join(', '),
    accumulatorType: rowOf(names, parts, 'accumulatorType'),
    resultType,
    ...(combined as unknown as AggregateFunction<T, CombinedAccumulator, AggregateResults<S>>),
    ...(parts.every((part) => part.merge !== undefined) ? { merge } : {}),
  }
}

function rowOf(names: readonly string[], parts: readonly Part[], which: 'accumulatorType' | 'resultType'): AnyType {
  const fields: Record<string, AnyType> = {}
  names.forEach((name, index) => (fields[name] = parts[index]?.[which] ?? generic()))
  return row(fields as Fields)
}

let generatedCount = 0

/** One call site per aggregate, in source text of its own: each stays monomorphic and can be inlined. */
function generated(names: readonly string[], parts: readonly Part[]): Combined {
  const fields = names.map((name) => JSON.stringify(name))
  const object = (of: (index: number) => string): string => `({ ${fields.map((field, index) => `${field}: ${of(index)}`).join(', ')} })`
  const assign = (of: (index: number, field: string) => string): string => fields.map((field, index) => `a[${field}] = ${of(index, field)}`).join('\n')
  const text = `'use strict'
const ${parts.map((_, index) => `p${index} = parts[${index}]`).join(', ')}
return {
  createAccumulator() { return ${object((index) => `p${index}.createAccumulator()`)} },
  add(value, a) {\n${assign((index, field) => `p${index}.add(value, a[${field}])`)}\nreturn a },
  getResult(a) { return ${object((index) => `p${index}.getResult(a[${fields[index]}])`)} },
  merge(a, b) {\n${assign((index, field) => `p${index}.merge(a[${field}], b[${field}])`)}\nreturn a },
}
//# sourceURL=millrace-aggregates-${generatedCount++}`
  return (parts.length === 0 ? interpreted(names, parts) : (new Function('parts', text) as (parts: readonly Part[]) => Combined)(parts))
}

/** The readable reference, and what runs where code cannot be generated. */
function interpreted(names: readonly string[], parts: readonly Part[]): Combined {
  const build = (value: (part: Part, name: string) => unknown, into: CombinedAccumulator = {}): CombinedAccumulator => {
    names.forEach((name, index) => (into[name] = value(parts[index] as Part, name)))
    return into
  }
  return {
    createAccumulator: () => build((part) => part.createAccumulator()),
    add: (value, accumulator) => build((part, name) => part.add(value, accumulator[name]), accumulator),
    getResult: (accumulator) => build((part, name) => part.getResult(accumulator[name])),
    merge: (a, b) => build((part, name) => part.merge?.(a[name], b[name]), a),
  }
}
