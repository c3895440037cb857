import type { FormatRange } from '@millrace/core/spi'
import type { ParquetQueryFilter, SchemaTree } from 'hyparquet'
import { columnKind } from './file-schema.ts'
import type { ColumnKind } from './file-schema.ts'
import { millisecondParsers } from './open-file.ts'
import type { ParquetFile } from './open-file.ts'
import type { ColumnFilter } from './row-filter.ts'

/**
 * Which rows of each row group may satisfy a filter, by statistics, page indexes and bloom filters: at most one range a group,
 * from the first page to the last that may have one.
 */
export async function candidateRanges(file: ParquetFile, root: SchemaTree, filters: readonly ColumnFilter[]): Promise<readonly FormatRange[]> {
  const pruningFilter = Object.fromEntries(filters.flatMap((filter) => prunable(file, root, filter)))
  const { groupStarts } = file
  if (Object.keys(pruningFilter).length === 0) return groupStarts.slice(1).map((end, index) => ({ start: groupStarts[index] as number, end }))
  const { parquetScan } = await import('hyparquet')
  const { ranges } = await parquetScan({
    file: file.buffer,
    metadata: file.metadata,
    columns: Object.keys(pruningFilter),
    pruningFilter: pruningFilter as ParquetQueryFilter,
    parsers: millisecondParsers,
    usePageIndex: true,
    useBloomFilters: true,
    geoparquet: false,
  })
  const found: { start: number; end: number }[] = []
  let group = 0
  for (const { rowStart, rowEnd } of ranges) {
    while (rowStart >= (groupStarts[group + 1] as number)) group++
    const last = found.at(-1)
    if (last !== undefined && last.start >= (groupStarts[group] as number)) last.end = rowEnd
    else found.push({ start: rowStart, end: rowEnd })
  }
  return found
}

const NUMBERS: readonly ColumnKind[] = ['int32', 'uint32', 'int64', 'uint64', 'float', 'double']
const TIMES: readonly ColumnKind[] = ['timestamp-millis', 'timestamp-micros', 'timestamp-nanos']

/** The condition in hyparquet's terms and the values of its statistics, where those are comparable. */
function prunable(file: ParquetFile, root: SchemaTree, { name, type, condition }: ColumnFilter): [string, object][] {
  const column = root.children.find(({ element }) => element.name === name)
  const kind = column === undefined ? undefined : columnKind(column)
  if (kind === undefined || condition.eq === null || (condition.in ?? []).includes(null)) return []
  if (kind === 'int64' || kind === 'uint64') return [[name, operators(condition, (value) => (Number.isSafeInteger(value) ? BigInt(value as number) : value))]]
  if (NUMBERS.includes(kind)) return [[name, operators(condition, (value) => value)]]
  if (kind === 'string' && unsignedOrder(file, name)) return [[name, operators(condition, (value) => value)]]
  // times of day have no parser, and a date that is read as timestamp is in other units than its statistics
  const sameUnits = (kind === 'date' && type.kind === 'date') || kind === 'time-millis' || (TIMES.includes(kind) && type.kind === 'timestamp')
  return sameUnits ? [[name, interval(condition)]] : []
}

function operators({ eq, in: among, gt, gte, lt, lte }: ColumnFilter['condition'], stored: (value: unknown) => unknown): object {
  const given = Object.entries({ $eq: eq, $gt: gt, $gte: gte, $lt: lt, $lte: lte }).filter(([, value]) => value !== undefined)
  const found = given.map(([operator, value]) => [operator, stored(value)] as const)
  return Object.fromEntries(among === undefined ? found : [...found, ['$in', among.map(stored)] as const])
}

/** Without equality, as bloom filters hold the units of the file: 1 ms may be 1000 to 1999 µs. */
function interval({ eq, in: among = [], ...bounds }: ColumnFilter['condition']): object {
  const values = [...(eq === undefined ? [] : [eq]), ...among] as number[]
  const around = values.length === 0 ? {} : { $gte: Math.min(...values), $lte: Math.max(...values) }
  return { ...operators(bounds, (value) => value), ...around }
}

/** Old files have bounds of text in an order of signed bytes, in fields that are deprecated for that reason (PARQUET-251). */
function unsignedOrder(file: ParquetFile, name: string): boolean {
  return file.metadata.row_groups.every((group) => {
    const statistics = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema[0] === name)?.meta_data?.statistics
    return statistics === undefined || (statistics.min === undefined && statistics.max === undefined) || (statistics.min_value !== undefined && statistics.max_value !== undefined)
  })
}
