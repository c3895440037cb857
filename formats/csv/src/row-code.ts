import type { CsvDialect } from './csv-options.ts'
import type { RowField } from './row-decoder.ts'

/** The source of a ReadRows: `b` are the bytes, `i` the index in them. `return start` leaves the record to the scanner. All loops end at the latest at the line feed before `limit`. */
export function rowCode(fields: readonly RowField[], columns: readonly string[], dialect: CsvDialect): string {
  const code = columnCode(dialect)
  const indexes = columns.map((name) => fields.findIndex((field) => field.name === name))
  const body = indexes.map((index, column) => code(index, fields[index], column === columns.length - 1))
  const texts = indexes.flatMap((index, column) => (isText(fields[index], dialect) ? [textCode(index, fields[index], column === columns.length - 1)] : []))
  const locals = fields.map((field, index) => `let v${index} = null${isText(field, dialect) ? `, s${index} = 0, e${index} = 0, k${index} = 0` : ''}\n`)
  return `return function readRows(b, i, stop, limit, rows, max) {
let c = 0, d = 0, n = 0, m = 0, f = 0, s = 0, p = 0, q = 0, at = 0, kind = 0, fraction = 0, negative = false, t = '', cached = ''
${locals.join('')}while (i < stop && rows.length < max) {
const start = i
c = b[i]
if (c === 10 || c === 13 || c === ${dialect.commentByte}) return start
${body.join('')}if (i - start > ${dialect.maxRecordBytes}) return start
${texts.length === 0 ? '' : `t = ''\np = 0\nat = start\n${texts.join('')}`}rows.push({${fields.map(({ name }, index) => `${JSON.stringify(name)}: v${index}`).join(', ')}})
}
return i
}`
}

/** Leaves `i` behind the delimiter or line break after a field. */
function columnCode(dialect: CsvDialect): (index: number, field: RowField | undefined, isLast: boolean) => string {
  const delimiter = dialect.delimiter.charCodeAt(0)
  const scan = scanCode(delimiter, dialect)
  return (index, field, isLast) => {
    const isEnd = isLast ? 'c === 10 || c === 13' : `c === ${delimiter}`
    const separator = isLast ? 'if (b[i] === 10) i++\nelse if (b[i] === 13 && b[i + 1] === 10) i += 2\nelse return start\n' : `if (b[i] !== ${delimiter}) return start\ni++\n`
    if (field === undefined) return `${scan('')}${separator}`
    if (isText(field, dialect)) {
      return `${scan(`s${index} = s\ne${index} = i\nk${index} = kind\n`)}${separator}`
    }
    const general = scan(`v${index} = decoders[${index}](b, s, i, kind)\nif (v${index} === INVALID) return start\n`)
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

/** Finds the field at `i`: `s` its start, `i` its end, `kind` as in RecordScanner, for `use`; then leaves `i` behind its quote. */
function scanCode(delimiter: number, { quoteByte }: CsvDialect): (use: string) => string {
  return (use) =>
    `if (b[i] === ${quoteByte}) {
kind = 1
s = i + 1
i = quoteEnd(b, s, limit, ${quoteByte})
while (i < limit && b[i + 1] === ${quoteByte}) {
kind = 2
i = quoteEnd(b, i + 2, limit, ${quoteByte})
}
if (i >= limit) return start
${use}i++
} else {
kind = 0
s = i
while ((c = b[i]) !== ${delimiter} && c !== 10 && c !== 13) i++
${use}}
`
}

/**
 * A text of the record. Short ones come from the cache. A text that is cut from the decoded record `t` keeps all of that in
 * memory for as long as it lives itself, so small parts of long records are decoded by themselves. Where letters outnumber
 * bytes, `p` is the index in `t` that belongs to the index `at` in `b`.
 */
function textCode(index: number, field: RowField | undefined, isLast: boolean): string {
  const [v, s, e, k] = [`v${index}`, `s${index}`, `e${index}`, `k${index}`]
  const isNull = field?.type.kind === 'nullable' ? `if (${e} === ${s} && ${k} === 0) ${v} = null\nelse ` : ''
  return `cached = ${k} !== 2 && ${e} - ${s} <= 12 && caches[${index}].useful ? caches[${index}].find(b, ${s}, ${e}) : undefined
${isNull}if (cached !== undefined) ${v} = cached
else if ((${e} - ${s}) * 16 < i - start) ${v} = textOf(b, ${s}, ${e}, ${k})
else {
if (t === '') t = decode(b, start, i)
if (t.length === i - start) ${v} = t.substring(${s} - start, ${e} - start)
else {
p += ${s} - at - extraBytes(b, at, ${s})
${isLast ? `q = t.length - i + ${e}` : `q = ${k} === 0 ? p + ${e} - ${s} - extraBytes(b, ${s}, ${e}) : textEnd(t, p, quote, ${k} === 2)`}
${v} = t.substring(p, q)
p = q
at = ${e}
}
if (${k} === 2) ${v} = ${v}.replaceAll(quote + quote, quote)
else if (${e} - ${s} <= 12 && caches[${index}].useful) ${v} = caches[${index}].keep(${v}, b, ${s}, ${e})
}
`
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
function isText(field: RowField | undefined, { nullTokens }: CsvDialect): boolean {
  return field !== undefined && valueType(field) === 'string' && (field.type.kind !== 'nullable' || (nullTokens.length === 1 && nullTokens[0] === ''))
}
