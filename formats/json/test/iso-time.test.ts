import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseIsoDate, parseIsoTime, parseIsoTimestamp } from '../src/iso-time.ts'

test.each([
  ['2001-01-31', Date.UTC(2001, 0, 31)],
  ['2001-01-31T10:20', Date.UTC(2001, 0, 31, 10, 20)],
  ['2001-01-31 10:20:30.5Z', Date.UTC(2001, 0, 31, 10, 20, 30, 500)],
  ['2001-01-31T10:20:30.123456+05:30', Date.UTC(2001, 0, 31, 4, 50, 30, 123)],
  ['2001-01-31T10:20:30-0800', Date.UTC(2001, 0, 31, 18, 20, 30)],
])('%s', (text, ms) => expect(parseIsoTimestamp(text)).toBe(ms))

test.each(['', '2001', '2001-02-30', '2001-02-30T00:00:00Z', '2001-01-31T24:00:00Z', '2001-01-31T10:20:30+99:00', 'Jan 1 2001', '2001-01-31T10:20.5Z', '2001-1-1'])(
  '%j is no timestamp',
  (text) => expect(parseIsoTimestamp(text)).toBeNaN(),
)

test('toISOString is read back', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      const text = date.toISOString()
      expect(parseIsoTimestamp(text)).toBe(date.getTime())
      expect(parseIsoDate(text.slice(0, 10))).toBe(Math.floor(date.getTime() / 86_400_000))
      expect(parseIsoTime(text.slice(11, 23))).toBe(((date.getTime() % 86_400_000) + 86_400_000) % 86_400_000)
    }),
  )
})
