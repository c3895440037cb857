import { MillraceError } from '@millrace/core/spi'
import type { AnyType, BadRecord, FileRecordReader, FormatInput, FormatRange, OpenFormatOptions, PlacedBadRecord, RecordBatch, TypeSchema } from '@millrace/core/spi'
import { arrayCursor } from './column-cursor.ts'
import type { ColumnCursor } from './column-cursor.ts'
import type { ColumnReader, OpenColumns } from './column-reader.ts'
import { candidateRanges } from './candidate-ranges.ts'
import { naturalType } from './nested-shape.ts'
import { openFile } from './open-file.ts'
import type { ParquetFile } from './open-file.ts'
import { guarded } from './parquet-error.ts'
import { rowAdder } from './row-batches.ts'
import type { AddRows } from './row-batches.ts'
import type { ColumnFilter } from './row-filter.ts'
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
  readonly addRows: AddRows
  /** Rows that may satisfy the filter, in order; at most one range in a row group. */
  readonly candidates: readonly FormatRange[]
}

/** The part of one row group that is read. */
interface Group {
  readonly start: number
  readonly end: number
  /** In the order of the row's fields; empty if no row is selected. They stand before the next row. */
  readonly cursors: readonly ColumnCursor[]
  /** By number in the group: 1 for rows that satisfy the filter. Undefined: all do. */
  readonly selected: Uint8Array | undefined
}

/** Reads rows in the order of the file. Positions are row numbers. The columns that are filtered by are decoded for a row group at once, the others batch by batch. */
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
    const group = this.#group
    return guarded(this.#input.path, () => this.#nextBatch(group, state))
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
    return { file, columns, addRows: rowAdder(fields.map(({ name }) => name)), candidates }
  }

  async #readGroup({ file, columns, candidates }: OpenState, rangeEnd: number): Promise<Group> {
    const index = file.groupStarts.findIndex((start) => start > this.#row) - 1
    const start = this.#row
    const candidate = candidates.find((range) => range.end > start)
    const end = Math.min(file.groupStarts[index + 1] as number, candidate?.end ?? rangeEnd, rangeEnd)
    const open = (column: ColumnReader): Promise<ColumnCursor> => {
      this.#options.signal.throwIfAborted()
      return column.open(index, start, end)
    }
    const filtered = new Map<ColumnReader, ColumnCursor>()
    let selected: Uint8Array | undefined
    for (const column of columns) {
      if (!this.#filters.some((filter) => filter.name === column.name)) continue
      const values = Array.from((await open(column)).take(end - start))
      selected = this.#select(column, values, selected)
      filtered.set(column, arrayCursor(values))
    }
    // nobody asks for the other columns where no row is left
    if (selected !== undefined && !selected.includes(1)) return { start, end, cursors: [], selected }
    const cursors: ColumnCursor[] = []
    for (const column of columns) cursors.push(filtered.get(column) ?? (await open(column)))
    return { start, end, cursors, selected }
  }

  /** A row whose value cannot be read is told, not passed over. */
  #select(column: ColumnReader, values: readonly unknown[], before: Uint8Array | undefined): Uint8Array {
    const filter = this.#filters.find((each) => each.name === column.name) as ColumnFilter
    return Uint8Array.from(values, (value, index) => (before?.[index] !== 0 && (filter.matches(value) || isBad(column.type, value)) ? 1 : 0))
  }

  #nextBatch(group: Group, { columns, addRows }: OpenState): RecordBatch<unknown> {
    const position = this.#row
    const end = Math.min(group.end, position + BATCH_ROWS)
    const count = end - position
    this.#row = end
    const selected = group.selected?.subarray(position - group.start, end - group.start)
    if (selected !== undefined && !selected.includes(1)) {
      for (const cursor of group.cursors) cursor.skip(count)
      return { position, values: [], bad: NO_BAD }
    }
    const values = group.cursors.map((cursor) => cursor.take(count))
    const bad = this.#findBad(columns, group.cursors, values, position, count)
    const rows: unknown[] = []
    if (selected === undefined && bad === undefined) {
      addRows(values, 0, count, rows)
      return { position, values: rows, bad: NO_BAD }
    }
    const placed: PlacedBadRecord[] = []
    for (let index = 0; index < count; index++) {
      if (selected !== undefined && selected[index] === 0) continue
      const record = bad?.get(index)
      if (record === undefined) addRows(values, index, index + 1, rows)
      else placed.push({ index: rows.length, record })
    }
    return { position, values: rows, bad: placed }
  }

  /** Bad rows by their number in the batch; undefined if there is none. */
  #findBad(columns: readonly ColumnReader[], cursors: readonly ColumnCursor[], values: readonly ArrayLike<unknown>[], position: number, count: number): ReadonlyMap<number, BadRecord> | undefined {
    let bad: Map<number, BadRecord> | undefined
    for (const [number, { name, type }] of columns.entries()) {
      if (cursors[number]?.sound === true) continue
      const found = values[number] as ArrayLike<unknown>
      for (let index = 0; index < count; index++) {
        if (!isBad(type, found[index])) continue
        bad ??= new Map<number, BadRecord>()
        if (!bad.has(index)) bad.set(index, this.#badRecord(name, type, found[index], position + index))
      }
    }
    return bad
  }

  #badRecord(field: string, type: TypeSchema, value: unknown, row: number): BadRecord {
    const expected = type.kind === 'nullable' ? type.of.kind : type.kind
    const found = value === INVALID ? 'a value that it cannot hold' : 'null'
    const reason = `Column ${field}: expected ${expected}, found ${found}${expected === 'long' && value === INVALID ? ' (types.bigint() takes integers beyond ±(2^53 − 1))' : ''}`
    return { raw: null, source: this.#input.path, partition: null, offset: row, line: null, field, code: 'PARQUET_VALUE', reason }
  }
}

function isBad(type: TypeSchema, value: unknown): boolean {
  return value === INVALID || ((value === null || value === undefined) && type.kind !== 'nullable')
}

/** The first row from `row` on that may satisfy the filter. */
function nextCandidate(candidates: readonly FormatRange[], row: number): number {
  const range = candidates.find(({ end }) => end > row)
  return range === undefined ? Number.POSITIVE_INFINITY : Math.max(row, range.start)
}
