import { MillraceError } from '@millrace/core/spi'
import type { AnyType, BadRecord, FileRecordReader, FormatInput, FormatRange, OpenFormatOptions, PlacedBadRecord, RecordBatch, TypeSchema } from '@millrace/core/spi'
import type { ColumnReader, OpenColumns } from './column-reader.ts'
import { candidateRanges } from './candidate-ranges.ts'
import { naturalType } from './nested-shape.ts'
import { openFile } from './open-file.ts'
import type { ParquetFile } from './open-file.ts'
import { damaged, guarded } from './parquet-error.ts'
import { rowFactory } from './row-factory.ts'
import type { ColumnFilter } from './row-filter.ts'
import type { RowFactory } from './row-factory.ts'
import { INVALID } from './value-parser.ts'

const BATCH_ROWS = 1000
const NO_BAD: readonly PlacedBadRecord[] = Object.freeze([])

export type RowField = Extract<TypeSchema, { kind: 'row' }>['fields'][number]

/** Throws PARQUET_UNSUPPORTED_TYPE. */
export function rowFields(type: AnyType): readonly RowField[] {
  if (type.schema.kind === 'row') return type.schema.fields
  throw new MillraceError('PARQUET_UNSUPPORTED_TYPE', `parquet(type): expected a row type, found ${type.schema.kind}. Write types.row({ … })`, { origin: 'user' })
}

interface OpenState {
  readonly file: ParquetFile
  readonly columns: readonly ColumnReader[]
  readonly make: RowFactory
  /** Rows that may satisfy the filter, in order; at most one range in a row group. */
  readonly candidates: readonly FormatRange[]
}

/** The decoded part of one row group. */
interface Group {
  readonly start: number
  readonly end: number
  readonly values: readonly ArrayLike<unknown>[]
  /** Bad rows of the group by number, usually none. */
  readonly bad: ReadonlyMap<number, BadRecord>
  /** By number in the group: 1 for rows that satisfy the filter. Undefined: all do. */
  readonly selected: Uint8Array | undefined
}

/** Reads rows in the order of the file. Positions are row numbers; a row group is decoded once and then handed out in batches. */
export class ParquetReader implements FileRecordReader<unknown> {
  readonly #input: FormatInput
  readonly #options: OpenFormatOptions
  /** Undefined: all columns, as the file types them. */
  readonly #fields: readonly RowField[] | undefined
  readonly #filters: readonly ColumnFilter[]
  readonly #openColumns: OpenColumns
  #state: OpenState | undefined
  #row: number
  #group: Group | undefined

  constructor(input: FormatInput, options: OpenFormatOptions, fields: readonly RowField[] | undefined, filters: readonly ColumnFilter[], openColumns: OpenColumns) {
    this.#input = input
    this.#options = options
    this.#fields = fields
    this.#filters = filters
    this.#openColumns = openColumns
    this.#row = options.position ?? options.range?.start ?? 0
  }

  async readBatch(): Promise<RecordBatch<unknown> | undefined> {
    this.#options.signal.throwIfAborted()
    const state = (this.#state ??= await guarded(this.#input.path, () => this.#open()))
    const end = Math.min(this.#options.range?.end ?? Number.POSITIVE_INFINITY, state.file.groupStarts.at(-1) as number)
    if (this.#group === undefined || this.#row >= this.#group.end) this.#row = nextCandidate(state.candidates, this.#row)
    if (this.#row >= end) return undefined
    if (this.#group === undefined || this.#row >= this.#group.end) {
      this.#group = undefined // lets the last group go before the next one is decoded
      this.#group = await guarded(this.#input.path, () => this.#readGroup(state, end))
    }
    return this.#nextBatch(this.#group, state.make)
  }

  close(): void {
    this.#group = undefined
  }

  async #open(): Promise<OpenState> {
    const file = await openFile(this.#input)
    const { parquetSchema } = await import('hyparquet')
    const root = parquetSchema(file.metadata)
    const fields = this.#fields ?? root.children.map((column) => ({ name: column.element.name, type: naturalType(column) }))
    const openColumn = this.#openColumns(file, root)
    const columns = await Promise.all(fields.map(({ name, type }) => openColumn(name, type)))
    const candidates = await candidateRanges(file, root, this.#filters)
    return { file, columns, make: rowFactory(fields.map(({ name }) => name)), candidates }
  }

  async #readGroup({ file, columns, candidates }: OpenState, rangeEnd: number): Promise<Group> {
    const index = file.groupStarts.findIndex((start) => start > this.#row) - 1
    const start = this.#row
    const candidate = candidates.find((range) => range.end > start)
    const end = Math.min(file.groupStarts[index + 1] as number, candidate?.end ?? rangeEnd, rangeEnd)
    const values: ArrayLike<unknown>[] = columns.map(() => [])
    const bad = new Map<number, BadRecord>()
    let selected: Uint8Array | undefined
    const read = async (column: ColumnReader): Promise<ArrayLike<unknown>> => {
      this.#options.signal.throwIfAborted()
      const decoded = await column.read(index, start, end)
      if (decoded.length !== end - start) throw damaged(file.path, `expected ${end - start} values of ${column.name} from row ${start} on, found ${decoded.length}`)
      this.#findBad(column, decoded, start, bad, selected)
      return (values[columns.indexOf(column)] = decoded)
    }
    const filtered = columns.filter(({ name }) => this.#filters.some((filter) => filter.name === name))
    for (const column of filtered) selected = this.#select(column.name, await read(column), selected)
    // nobody asks for the other columns where no row is left
    if (selected === undefined || selected.includes(1)) for (const column of columns) if (!filtered.includes(column)) await read(column)
    for (const row of bad.keys()) if (selected !== undefined) selected[row - start] = 1 // a row that cannot be read is told, not passed over
    return { start, end, values, bad, selected }
  }

  #select(name: string, values: ArrayLike<unknown>, before: Uint8Array | undefined): Uint8Array {
    const filter = this.#filters.find((each) => each.name === name) as ColumnFilter
    return Uint8Array.from({ length: values.length }, (_, i) => (before?.[i] !== 0 && filter.matches(values[i]) ? 1 : 0))
  }

  #findBad({ name, type }: ColumnReader, values: ArrayLike<unknown>, start: number, bad: Map<number, BadRecord>, selected: Uint8Array | undefined): void {
    if (ArrayBuffer.isView(values)) return // numbers only
    const nullable = type.kind === 'nullable'
    for (let i = 0; i < values.length; i++) {
      const value = values[i]
      if (value !== INVALID && (nullable || (value !== null && value !== undefined))) continue
      if (bad.has(start + i) || selected?.[i] === 0) continue
      const found = value === INVALID ? 'a value that it cannot hold' : 'null'
      const expected = nullable ? type.of.kind : type.kind
      bad.set(start + i, {
        raw: null,
        source: this.#input.path,
        partition: null,
        offset: start + i,
        line: null,
        field: name,
        code: 'PARQUET_VALUE',
        reason: `Column ${name}: expected ${expected}, found ${found}${expected === 'long' && value === INVALID ? ' (types.bigint() takes integers beyond ±(2^53 − 1))' : ''}`,
      })
    }
  }

  #nextBatch(group: Group, make: RowFactory): RecordBatch<unknown> {
    const position = this.#row
    const end = Math.min(group.end, position + BATCH_ROWS)
    const rows: unknown[] = []
    let bad = NO_BAD
    const { selected } = group
    for (let row = position; row < end; row++) {
      if (selected !== undefined && selected[row - group.start] === 0) continue
      const record = group.bad.size === 0 ? undefined : group.bad.get(row)
      if (record === undefined) rows.push(make(group.values, row - group.start))
      else bad = [...bad, { index: rows.length, record }]
    }
    this.#row = end
    return { position, values: rows, bad }
  }
}

/** The first row from `row` on that may satisfy the filter. */
function nextCandidate(candidates: readonly FormatRange[], row: number): number {
  const range = candidates.find(({ end }) => end > row)
  return range === undefined ? Number.POSITIVE_INFINITY : Math.max(row, range.start)
}
