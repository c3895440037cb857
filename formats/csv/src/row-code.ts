import type { CsvDialect } from './csv-options.ts'
import type { RowField } from './row-decoder.ts'

/** The source of a ReadBlock: `b` are the bytes, `i` the index in them. `return ~start` leaves the record to the scanner. All loops end at the latest at the line feed at the end of the block. */
export function rowCode(fields: readonly RowField[], columns: readonly string[], dialect: CsvDialect): string {
  const hasTexts = fields.some((field) => isText(field, dialect))
  const code = columnCode(dialect, hasTexts)
  const indexes = columns.map((name) => fields.findIndex((field) => field.name === name))
  const body = indexes.map((index, column) => code(index, fields[index], column === columns.length - 1))
  return `return function readBlock(b, i, stop, rows, max) {
let c = 0, d = 0, n = 0, m = 0, f = 0, s = 0, kind = 0, fraction = 0, negative = false, text = ${hasTexts ? 'latin1Slice(b, 0, b.length)' : "''"}
${fields.map((_, index) => `let v${index} = null\n`).join('')}while (i < stop && rows.length < max) {
const start = i
c = b[i]
if (c === 10 || c === 13 || c === ${dialect.commentByte}) return ~start
${body.join('')}if (i - start > ${dialect.maxRecordBytes}) return ~start
rows.push({${fields.map(({ name }, index) => `${JSON.stringify(name)}: v${index}`).join(', ')}})
}
return i
}`
}

/** Leaves `i` behind the delimiter or line break after a field. */
function columnCode(dialect: CsvDialect, hasTexts: boolean): (index: number, field: RowField | undefined, isLast: boolean) => string {
  const delimiter = dialect.delimiter.charCodeAt(0)
  const scan = scanCode(delimiter, dialect, hasTexts)
  return (index, field, isLast) => {
    const isEnd = isLast ? 'c === 10 || c === 13' : `c === ${delimiter}`
    const separator = isLast ? 'if (b[i] === 10) i++\nelse if (b[i] === 13 && b[i + 1] === 10) i += 2\nelse return ~start\n' : `if (b[i] !== ${delimiter}) return ~start\ni++\n`
    if (field === undefined) return `${scan('')}${separator}`
    if (isText(field, dialect)) return `${scan(textCode(index, field))}${separator}`
    const general = scan(`v${index} = decoders[${index}](b, s, i, kind)\nif (v${index} === INVALID) return ~start\n`)
    const type = valueType(field)
    if (type !== 'int' && type !== 'long' && type !== 'double') return `${general}${separator}`
    // What follows a digit that is left over, of too long a number, is no end of a field.
    return `c = 0
f = i
negative = b[i] === 45
if (negative) i++
d = b[i] ^ 48
if (d <= 9) {
${type === 'double' ? doubleCode(index) : integerCode(index, type === 'int' ? 9 : 15)}c = b[i]
}
if (!(${isEnd})) {
i = f
${general}}
${separator}`
  }
}

/** Finds the field at `i`: `s` its start, `i` its end, `kind` as in RecordScanner, for `use`; then leaves `i` behind its quote. `return start`: the record is longer than the block. */
function scanCode(delimiter: number, { quoteByte }: CsvDialect, hasTexts: boolean): (use: string) => string {
  return (use) =>
    `if (b[i] === ${quoteByte}) {
kind = 1
${hasTexts ? '' : "if (text === '') text = latin1Slice(b, 0, b.length)\n"}s = i + 1
i = quoteEnd(text, s)
while (i >= 0 && b[i + 1] === ${quoteByte}) {
kind = 2
i = quoteEnd(text, i + 2)
}
if (i < 0) return start
${use}i++
} else {
kind = 0
s = i
while ((c = b[i]) !== ${delimiter} && c !== 10 && c !== 13) i++
${use}}
`
}

function textCode(index: number, { type }: RowField): string {
  const isNull = type.kind === 'nullable' ? `i === s && kind === 0 ? null : ` : ''
  return `v${index} = ${isNull}i - s <= 12 && kind !== 2 ? shortText(caches[${index}], b, text, s, i) : textOf(b, s, i, kind)\n`
}

/** From the second digit on: `d` is the first. Up to 9 digits are counted in 32-bit arithmetic. */
const DIGITS = `s = i
n = d
while ((d = b[++i] ^ 48) <= 9 && i - s < 9) n = (n * 10 + d) | 0
m = n
`

function integerCode(index: number, maxDigits: number): string {
  const more = maxDigits > 9 ? `while (d <= 9 && i - s < ${maxDigits}) {\nm = m * 10 + d\nd = b[++i] ^ 48\n}\n` : ''
  return `${DIGITS}${more}v${index} = negative ? 0 - m : m\n`
}

/** Correctly rounded: with at most 15 digits, integer ÷ power of ten rounds once, as both are exact (Clinger 1990). */
function doubleCode(index: number): string {
  return `${DIGITS}while (d <= 9 && i - s < 15) {
m = m * 10 + d
d = b[++i] ^ 48
}
if (b[i] === 46) {
fraction = i
while ((d = b[++i] ^ 48) <= 9 && i - s < 16) m = m * 10 + d
fraction = i - fraction - 1
if (fraction > 0) m /= POWERS[fraction]
}
v${index} = negative ? -m : m
`
}

function valueType({ type }: RowField): string {
  return type.kind === 'nullable' ? type.of.kind : type.kind
}

/** Texts whose nulls, if any, are empty fields. */
function isText(field: RowField, { nullTokens }: CsvDialect): boolean {
  return valueType(field) === 'string' && (field.type.kind !== 'nullable' || (nullTokens.length === 1 && nullTokens[0] === ''))
}
