import { parseInteger } from './parse-number.ts'

const DASH = 0x2d
const SLASH = 0x2f
const COLON = 0x3a
const POINT = 0x2e
const PLUS = 0x2b
const DAY_MS = 86_400_000
const MAX_MS = 8.64e15

/**
 * A calendar day as days since 1970-01-01: `YYYY-MM-DD` (ISO 8601) or `YYYY/MM/DD`. NaN for anything else, also for days that
 * no month has. Day count after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms" (days_from_civil).
 */
export function parseDate(bytes: Buffer, start: number, end: number): number {
  const separator = bytes[start + 4]
  if (end - start !== 10 || (separator !== DASH && separator !== SLASH) || bytes[start + 7] !== separator) return Number.NaN
  const year = number(bytes, start, 4)
  const month = number(bytes, start + 5, 2)
  const day = number(bytes, start + 8, 2)
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month))) return Number.NaN
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.trunc((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  return era * 146_097 + yearOfEra * 365 + Math.trunc(yearOfEra / 4) - Math.trunc(yearOfEra / 100) + dayOfYear - 719_468
}

/** A time of day in whole milliseconds: `hh:mm`, `hh:mm:ss` or with a fraction, whose digits after the third are cut off. NaN for anything else. */
export function parseTime(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (length < 5 || bytes[start + 2] !== COLON) return Number.NaN
  const hours = number(bytes, start, 2)
  const minutes = number(bytes, start + 3, 2)
  if (!(hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60)) return Number.NaN
  let ms = (hours * 60 + minutes) * 60_000
  if (length === 5) return ms
  const seconds = length >= 8 && bytes[start + 5] === COLON ? number(bytes, start + 6, 2) : Number.NaN
  if (!(seconds >= 0 && seconds < 60)) return Number.NaN
  ms += seconds * 1000
  if (length === 8) return ms
  if (bytes[start + 8] !== POINT || length === 9) return Number.NaN
  for (let i = start + 9, weight = 100; i < end; i++, weight = Math.trunc(weight / 10)) {
    const digit = number(bytes, i, 1)
    if (digit < 0) return Number.NaN
    ms += digit * weight
  }
  return ms
}

/**
 * Epoch milliseconds: a date, or date and time separated by `T` or a space, with `Z`, `±hh`, `±hhmm` or `±hh:mm` (ISO 8601);
 * without a zone it is UTC. A plain whole number is taken as epoch milliseconds. NaN for anything else.
 */
export function parseTimestamp(bytes: Buffer, start: number, end: number): number {
  const length = end - start
  const separator = bytes[start + 4]
  if (length < 10 || (separator !== DASH && separator !== SLASH)) {
    const ms = parseInteger(bytes, start, end)
    return Math.abs(ms) <= MAX_MS ? ms : Number.NaN
  }
  const days = parseDate(bytes, start, start + 10)
  if (length === 10) return days * DAY_MS
  const between = bytes[start + 10]
  if (between !== 0x54 && between !== 0x74 && between !== 0x20) return Number.NaN
  let timeEnd = end
  let zoneMs = 0
  if (bytes[end - 1] === 0x5a || bytes[end - 1] === 0x7a) timeEnd = end - 1
  else {
    for (let i = end - 3; i >= end - 6 && i > start + 10; i--) {
      if (bytes[i] !== DASH && bytes[i] !== PLUS) continue
      zoneMs = parseZone(bytes, i, end)
      timeEnd = i
      break
    }
  }
  return days * DAY_MS + parseTime(bytes, start + 11, timeEnd) - zoneMs
}

function parseZone(bytes: Buffer, start: number, end: number): number {
  const colon = end - start === 6 && bytes[start + 3] === COLON ? 1 : 0
  const hours = number(bytes, start + 1, 2)
  const minutes = end - start === 3 ? 0 : end - start === 5 + colon ? number(bytes, start + 3 + colon, 2) : -1
  if (!(hours >= 0 && hours <= 18 && minutes >= 0 && minutes < 60)) return Number.NaN
  return (bytes[start] === DASH ? -1 : 1) * (hours * 60 + minutes) * 60_000
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Exactly `count` digits, or −1. */
function number(bytes: Buffer, start: number, count: number): number {
  let value = 0
  for (let i = start; i < start + count; i++) {
    const digit = (bytes[i] as number) - 0x30
    if (!(digit >= 0 && digit <= 9)) return -1
    value = value * 10 + digit
  }
  return value
}
