import type { TypeSchema } from '@millrace/core/spi'
import { badOption } from './parquet-options.ts'

/** Conditions on one column, all of which must hold. Null satisfies `eq: null` and `in` with null only. */
export interface ColumnCondition<V> {
  readonly eq?: V
  readonly in?: readonly V[]
  readonly gt?: V
  readonly gte?: V
  readonly lt?: V
  readonly lte?: V
}

/** Conditions by column, in the values of the row type; all must hold. */
export type ParquetFilter<T> = { readonly [K in keyof T]?: ColumnCondition<T[K]> }

export interface ColumnFilter {
  readonly name: string
  readonly type: TypeSchema
  readonly condition: ColumnCondition<unknown>
  matches(value: unknown): boolean
}

const COMPARED: readonly TypeSchema['kind'][] = ['int', 'long', 'bigint', 'float', 'double', 'timestamp', 'date', 'time', 'string', 'enum']
const OPERATORS = ['eq', 'in', 'gt', 'gte', 'lt', 'lte']

/** Throws PARQUET_OPTION for columns that are none of the row type, or whose values are not compared. */
export function compileFilter(fields: readonly { readonly name: string; readonly type: TypeSchema }[], filter: object): readonly ColumnFilter[] {
  return Object.entries(filter)
    .filter(([, condition]) => condition !== undefined)
    .map(([name, condition]: [string, ColumnCondition<unknown>]) => {
      const field = fields.find((each) => each.name === name)
      if (field === undefined) throw badOption('filter', `conditions on ${fields.map((each) => each.name).join(', ')}`, name)
      const type = field.type.kind === 'nullable' ? field.type.of : field.type
      if (!COMPARED.includes(type.kind) && type.kind !== 'boolean') throw badOption(`filter.${name}`, 'on a column of numbers, times, text or booleans', type.kind)
      const unknown = Object.keys(condition).find((operator) => !OPERATORS.includes(operator))
      if (unknown !== undefined) throw badOption(`filter.${name}`, `made of ${OPERATORS.join(', ')}`, unknown)
      return { name, type, condition, matches: predicate(condition) }
    })
}

function predicate({ eq, in: among, gt, gte, lt, lte }: ColumnCondition<unknown>): (value: unknown) => boolean {
  const members = among === undefined ? undefined : new Set(among)
  const ordered = gt !== undefined || gte !== undefined || lt !== undefined || lte !== undefined
  return (found) => {
    const value = (found ?? null) as number | null
    if (eq !== undefined && value !== eq) return false
    if (members !== undefined && !members.has(value)) return false
    if (!ordered) return true
    if (value === null) return false
    return (gt === undefined || value > (gt as number)) && (gte === undefined || value >= (gte as number)) && (lt === undefined || value < (lt as number)) && (lte === undefined || value <= (lte as number))
  }
}
