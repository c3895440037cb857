import { createDataOutput } from '../../types/byte-data-output.ts'
import type { DataOutput } from '../../types/data-output.ts'
import type { AnyType, TypeSerializer } from '../../types/type-information.ts'
import { ColumnBuffer, NumberColumn, type Values } from './column-buffer.ts'
import type { ColumnKind, RowColumn } from './row-columns.ts'
import type { RowsCodec } from './row-frame.ts'
import { TextReader, TextWriter } from './text-column.ts'

interface Kind {
  /** Absent: the values are not kept in a column of their own but in the text. */
  readonly create?: () => ColumnBuffer<Values> | NumberColumn
  /** A condition under which `v` is stored; otherwise the serializer is asked, which knows the error. */
  readonly guard: string
  /** Stores `v` at `at`. */
  readonly store: string
  /** The value of what is stored, `x`. */
  readonly load: string
}

const createFlags = (): ColumnBuffer<Values> => new ColumnBuffer((length) => new Uint8Array(length))

const KINDS: Readonly<Record<ColumnKind, Kind>> = {
  double: { create: () => new ColumnBuffer((length) => new Float64Array(length)), guard: `typeof v === 'number'`, store: 'at = v', load: 'x' },
  timestamp: { create: () => new NumberColumn(), guard: 'Number.isInteger(v) && v >= -8.64e15 && v <= 8.64e15', store: 'at = v', load: 'x' },
  // small integers stay what they were: a number that was read from an array of doubles would be boxed
  long: { create: () => new NumberColumn(), guard: 'Number.isSafeInteger(v)', store: 'at = v', load: '((x | 0) === x ? x | 0 : x)' },
  int: { create: () => new ColumnBuffer((length) => new Int32Array(length)), guard: `typeof v === 'number' && (v | 0) === v`, store: 'at = v', load: 'x' },
  boolean: { create: createFlags, guard: `typeof v === 'boolean'`, store: 'at = v ? 1 : 0', load: 'x !== 0' },
  string: { guard: `typeof v === 'string'`, store: 'text.add(v)', load: 'text.next()' },
}

interface Loops {
  writeRows(values: readonly unknown[], output: DataOutput): void
  readRows: RowsCodec['readRows']
}

let compiled = 0

/**
 * The rows of a frame field by field: all values of a field side by side, then the text of all strings, then the fields that
 * have no column, row after row. Generated for each type: reading and writing typed arrays costs a fraction of what numbers of
 * variable length cost, and between threads nobody keeps the bytes.
 */
export function columnarRows(type: AnyType, columns: readonly RowColumn[]): RowsCodec {
  const row = type.serializer as TypeSerializer<unknown>
  const scratch = createDataOutput()
  const refuse = (value: unknown): never => {
    scratch.reset()
    row.write(value, scratch)
    throw new TypeError('a row that its own serializer takes was refused by the codec of frames')
  }
  const names = ['refuse', 'rest']
  const values: unknown[] = [refuse, createDataOutput()]
  columns.forEach(({ kind, nullable, serializer }, index) => {
    names.push(`s${index}`, `column${index}`, `nulls${index}`)
    const create = kind === undefined ? undefined : KINDS[kind].create
    values.push(serializer, create?.(), kind !== undefined && nullable ? createFlags() : undefined)
  })
  // oxlint-disable-next-line typescript/no-implied-eval -- of the job only field names go into it, quoted by JSON.stringify
  const generate = new Function(...names, 'TextWriter', 'TextReader', source(columns)) as (...parameters: readonly unknown[]) => Loops
  return generate(...values, TextWriter, TextReader)
}

function source(columns: readonly RowColumn[]): string {
  const indexed = columns.map((column, index) => ({ ...column, index }))
  const stored = indexed.flatMap(({ kind, nullable, index }) => (kind === undefined ? [] : [...(kind === 'string' ? [] : [`column${index}`]), ...(nullable ? [`nulls${index}`] : [])]))
  const strings = columns.filter(({ kind }) => kind === 'string').length
  const hasRest = columns.some(({ kind }) => kind === undefined)
  return `'use strict'
const written = new TextWriter(), read = new TextReader()
return {
  writeRows(values, output) {
    const count = values.length, text = written
    ${stored.map((name) => `const ${name}Values = ${name}.reserve(count)`).join('\n    ')}
    text.begin(count * ${strings})
    rest.reset()
    for (let index = 0; index < count; index++) {
      const row = values[index]
      if (typeof row !== 'object' || row === null) refuse(row)
      ${indexed.map(writeField).join('\n      ')}
    }
    ${stored.map((name) => `${name}.write(count, output)`).join('\n    ')}
    ${strings > 0 ? 'text.write(output)' : ''}
    ${hasRest ? 'output.writeRaw(rest.view())' : ''}
  },
  readRows(count, bytes, input) {
    const text = read
    ${stored.map((name) => `const ${name}Values = ${name}.read(count, bytes, input)`).join('\n    ')}
    ${strings > 0 ? 'text.read(bytes, input)' : ''}
    const rows = new Array(count)
    for (let index = 0; index < count; index++) {
      ${indexed.map(readField).join('\n      ')}
      rows[index] = { ${indexed.map(({ name, index }) => `${JSON.stringify(name)}: f${index}`).join(', ')} }
    }
    ${strings > 0 ? 'text.finish()' : ''}
    return rows
  },
}
//# sourceURL=millrace-columnar-rows-${compiled++}`
}

interface IndexedColumn extends RowColumn {
  readonly index: number
}

function writeField({ name, kind, nullable, index }: IndexedColumn): string {
  const value = `row[${JSON.stringify(name)}]`
  if (kind === undefined) return `s${index}.write(${value}, rest)`
  const at = `column${index}Values[index]`
  const { guard } = KINDS[kind]
  const write = `if (${guard}) ${KINDS[kind].store.replace(/\bat\b/, at)}; else refuse(row)`
  return nullable ? `{ const v = ${value}; if (v === null) { nulls${index}Values[index] = 1${kind === 'string' ? '' : `; ${at} = 0`} } else { nulls${index}Values[index] = 0; ${write} } }` : `{ const v = ${value}; ${write} }`
}

function readField({ kind, nullable, index }: IndexedColumn): string {
  if (kind === undefined) return `const f${index} = s${index}.read(input)`
  const value = KINDS[kind].load.replaceAll(/\bx\b/g, `x${index}`)
  const stored = kind === 'string' ? '' : `const x${index} = column${index}Values[index]; `
  return `${stored}const f${index} = ${nullable ? `nulls${index}Values[index] !== 0 ? null : ` : ''}${value}`
}
