const DAY_MS = 86_400_000
const DATE = /^\d{4}-\d\d-\d\d$/
const TIME = /^(\d\d:\d\d)(:\d\d)?(\.\d+)?$/
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)([Zz]|[+-]\d\d:?\d\d)?$/

/** `YYYY-MM-DD` as days since 1970-01-01; NaN for anything else, also for days that no month has. */
export function parseIsoDate(text: string): number {
  const ms = DATE.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // V8 takes 30 February for 2 March.
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(text) ? ms / DAY_MS : Number.NaN
}

/** `hh:mm[:ss[.fff…]]` as milliseconds since midnight, digits after the third cut off; NaN for anything else. */
export function parseIsoTime(text: string): number {
  const match = TIME.exec(text)
  if (match === null || text.startsWith('24') || (match[2] === undefined && match[3] !== undefined)) return Number.NaN
  return Date.parse(`1970-01-01T${match[1]}${match[2] ?? ':00'}${match[3]?.slice(0, 4) ?? ''}Z`)
}

/** ISO 8601 as epoch milliseconds: a date, or date and time with a zone or, without one, in UTC. NaN for anything else. */
export function parseIsoTimestamp(text: string): number {
  const match = TIMESTAMP.exec(text)
  if (match === null) return parseIsoDate(text) * DAY_MS
  const [, date = '', time = '', zone = 'Z'] = match
  return parseIsoDate(date) * DAY_MS + parseIsoTime(time) - zoneMs(zone)
}

function zoneMs(zone: string): number {
  if (zone.length === 1) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  return hours > 18 || minutes > 59 ? Number.NaN : (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000
}
