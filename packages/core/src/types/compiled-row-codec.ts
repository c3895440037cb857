import { boolean, string } from './simple-types.ts'
import { double, int, long } from './number-types.ts'
import { inField } from './type-mismatch.ts'
import { timestamp } from './time-types.ts'
import type { PlannedField, RowCodec, RowPlan } from './row-plan.ts'

interface Inline {
  /** A condition on `v` under which `method` alone writes it; otherwise the serializer is asked, which knows the error. */
  readonly guard: string
  /** Of `write<method>` and `read<method>`. */
  readonly method: string
}

/** The types whose code is put into the row's own; by serializer, because a schema does not promise the same bytes. */
const INLINE: ReadonlyMap<unknown, Inline> = new Map<unknown, Inline>([
  [string().serializer, { guard: `typeof v === 'string'`, method: 'String' }],
  [boolean().serializer, { guard: `typeof v === 'boolean'`, method: 'Boolean' }],
  [int().serializer, { guard: `typeof v === 'number' && (v | 0) === v`, method: 'VarLong' }],
  [long().serializer, { guard: 'Number.isSafeInteger(v)', method: 'VarLong' }],
  [timestamp().serializer, { guard: 'Number.isInteger(v) && v >= -8.64e15 && v <= 8.64e15', method: 'VarLong' }],
  [double().serializer, { guard: `typeof v === 'number'`, method: 'Float64' }],
])

let compiledRows = 0

/**
 * The codec of a row as generated code, with the bytes of `interpretRowCodec`. Every row's text is unique: V8 shares
 * code and type feedback between functions of equal text, and rows of other shapes would slow each other down.
 */
export function compileRowCodec<T>(plan: RowPlan): RowCodec<T> {
  const { fields, notARow } = plan
  const source = `'use strict'
return {
  write(row, output) {
    if (typeof row !== 'object' || row === null) throw notARow(row)
${fields.map((field, index) => `    const v${index} = row[${JSON.stringify(field.name)}]`).join('\n')}
${writeBitmap(plan)}
    let at = 0
    try {
${fields.map(writeField).join('\n')}
    } catch (error) {
      throw inField(error, names[at])
    }
  },
  read(input) {
${Array.from({ length: plan.nullBytes }, (_, index) => `    const nulls${index} = input.readByte()`).join('\n')}
    return {
${fields.map(readField).join('\n')}
    }
  },
}
//# sourceURL=millrace-row-codec-${compiledRows++}`
  const names = fields.map((field) => field.name)
  const parameters = ['notARow', 'inField', 'names', ...fields.map((_, index) => `s${index}`)]
  const generate = new Function(...parameters, source)
  return generate(notARow, inField, names, ...fields.map((field) => field.serializer)) as RowCodec<T>
}

function writeBitmap({ fields, nullBytes }: RowPlan): string {
  const terms: string[][] = Array.from({ length: nullBytes }, () => [])
  fields.forEach(({ nullBit }, index) => {
    if (nullBit !== undefined) terms[nullBit >> 3]?.push(`(v${index} === null ? ${1 << (nullBit & 7)} : 0)`)
  })
  return terms.map((bits) => `    output.writeByte(${bits.join(' | ')})`).join('\n')
}

function writeField({ serializer, nullBit }: PlannedField, index: number): string {
  const inline = INLINE.get(serializer)
  const call = `s${index}.write(v${index}, output)`
  const write =
    inline === undefined ? call : `if (${inline.guard.replaceAll(/\bv\b/g, `v${index}`)}) output.write${inline.method}(v${index}); else ${call}`
  return `      at = ${index}\n      ${nullBit === undefined ? write : `if (v${index} !== null) { ${write} }`}`
}

function readField({ name, serializer, nullBit }: PlannedField, index: number): string {
  const inline = INLINE.get(serializer)
  const read = inline === undefined ? `s${index}.read(input)` : `input.read${inline.method}()`
  const value = nullBit === undefined ? read : `(nulls${nullBit >> 3} & ${1 << (nullBit & 7)}) !== 0 ? null : ${read}`
  return `      ${JSON.stringify(name)}: ${value},`
}
