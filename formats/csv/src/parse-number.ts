const MINUS = 0x2d
const PLUS = 0x2b
const POINT = 0x2e
const ZERO = 0x30

/** 10^k is exact in a double up to k = 22. */
const POWERS = Array.from({ length: 23 }, (_, k) => 10 ** k)
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A whole number of [start, end) within ±(2^53 − 1), or NaN. Never −0. */
export function parseInteger(bytes: Buffer, start: number, end: number): number {
  let i = start
  const first = bytes[i]
  if (first === MINUS || first === PLUS) i++
  if (i === end) return Number.NaN
  let value = 0
  for (; i < end; i++) {
    const digit = (bytes[i] as number) - ZERO
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
    if (value > Number.MAX_SAFE_INTEGER) return Number.NaN
  }
  return first === MINUS ? 0 - value : value
}

/**
 * A decimal or scientific number, `NaN`, `Infinity` or `-Infinity`; undefined for anything else. Correctly rounded: with at
 * most 15 digits, integer ÷ power of ten rounds once, as both are exact (Clinger 1990); what is longer goes through Number().
 */
export function parseDouble(bytes: Buffer, start: number, end: number): number | undefined {
  let i = start
  const negative = bytes[i] === MINUS
  if (negative || bytes[i] === PLUS) i++
  let mantissa = 0
  let digits = 0
  let pointAt = -1
  for (; i < end; i++) {
    const byte = bytes[i] as number
    const digit = byte - ZERO
    if (digit >= 0 && digit <= 9) {
      mantissa = mantissa * 10 + digit
      digits++
    } else if (byte === POINT && pointAt < 0) pointAt = digits
    else return parseSlowly(bytes.toString('latin1', start, end))
  }
  if (digits === 0 || digits > 15) return parseSlowly(bytes.toString('latin1', start, end))
  const value = pointAt < 0 ? mantissa : mantissa / (POWERS[digits - pointAt] as number)
  return negative ? -value : value
}

function parseSlowly(text: string): number | undefined {
  if (NUMBER.test(text)) return Number(text)
  return text === 'NaN' || text === 'Infinity' || text === '-Infinity' ? Number(text) : undefined
}

/** The normal form of types.decimal: exactly `scale` fraction digits, at most `precision` digits. Undefined if it does not fit. */
export function parseDecimal(text: string, precision: number, scale: number): string | undefined {
  const match = /^([+-]?)0*(\d*)(?:\.(\d*?)0*)?$/.exec(text)
  if (match === null || !/\d/.test(text)) return undefined
  const [, sign, whole = '', fraction = ''] = match
  if (fraction.length > scale || whole.length > precision - scale) return undefined
  const digits = `${whole === '' ? '0' : whole}${scale === 0 ? '' : `.${fraction.padEnd(scale, '0')}`}`
  return sign === '-' && /[1-9]/.test(digits) ? `-${digits}` : digits
}
