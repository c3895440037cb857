import type { FormatInput, FormatRange } from '@millrace/core/spi'
import { candidateRanges } from './candidate-ranges.ts'
import { openFile } from './open-file.ts'
import { guarded } from './parquet-error.ts'
import type { RowField } from './parquet-reader.ts'
import type { ColumnFilter } from './row-filter.ts'

/** Whole row groups, joined until the columns to be read have about `targetBytes` in the file; none that the filter excludes. */
export async function planRanges(input: FormatInput, fields: readonly RowField[] | undefined, filters: readonly ColumnFilter[], targetBytes: number): Promise<readonly FormatRange[]> {
  const file = await openFile(input)
  const { metadata, groupStarts } = file
  const { parquetSchema } = await import('hyparquet')
  const candidates = filters.length === 0 ? undefined : await guarded(input.path, () => candidateRanges(file, parquetSchema(metadata), filters))
  const wanted = fields && new Set(fields.map(({ name }) => name))
  const ranges: FormatRange[] = []
  let start = 0
  let bytes = 0
  metadata.row_groups.forEach((group, index) => {
    const [first, end] = [groupStarts[index] as number, groupStarts[index + 1] as number]
    const needed = candidates === undefined || candidates.some((range) => range.start < end && range.end > first)
    for (const { meta_data: column } of group.columns) {
      if (needed && column !== undefined && (wanted?.has(column.path_in_schema[0] ?? '') ?? true)) bytes += Number(column.total_compressed_size)
    }
    if (bytes < targetBytes && index + 1 < metadata.row_groups.length) return
    if (end > start) ranges.push({ start, end })
    start = end
    bytes = 0
  })
  return ranges
}
