import { types } from '@millrace/core'
import type { AnyType } from '@millrace/core/spi'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { resolveOptions } from '../src/csv-options.ts'
import { fieldDecoder, INVALID } from '../src/field-decoder.ts'
import { PLAIN } from '../src/record-scanner.ts'
import { rowFactory } from '../src/row-factory.ts'

const decode = (type: AnyType, text: string): unknown => {
  const bytes = Buffer.from(`<${text}>`)
  return fieldDecoder(type.schema, resolveOptions({}), 'f')(bytes, 1, bytes.length - 1, PLAIN)
}

test.each([
  [types.int(), { '0': 0, '-0': 0, '+7': 7, '007': 7, ' 5\t': 5, '2147483647': 2147483647, '-2147483648': -2147483648 }, ['', '-', '1.0', '2147483648', '1e3', '1 2', 'x']],
  [types.long(), { '9007199254740991': 9007199254740991 }, ['9007199254740992', '99999999999999999999']],
  [types.bigint(), { '9007199254740993': 9007199254740993n, '-5': -5n, '+5': 5n }, ['', '1.5', '0x10']],
  [types.double(), { '1.': 1, '.5': 0.5, '-0': -0, '1e-7': 1e-7, '+1.25': 1.25, NaN: Number.NaN, '-Infinity': Number.NEGATIVE_INFINITY }, ['', '.', '-', '1.2.3', '0x1', 'inf', '1,5', 'e5']],
  [types.float(), { '0.1': Math.fround(0.1) }, ['abc']],
  [types.boolean(), { true: true, FALSE: false, '1': true, '0': false }, ['', 'yes', '2']],
  [types.decimal(5, 2), { '1': '1.00', '-0.5': '-0.50', '+007.10': '7.10', '-0': '0.00', '.5': '0.50', '1.230': '1.23' }, ['', '.', '1.234', '1000', '1e2']],
  [types.enumOf('a', 'b'), { a: 'a' }, ['', 'A', 'c']],
  [types.date(), { '1970-01-01': 0, '1969-12-31': -1, '2000/02/29': 11016, '0001-01-01': -719162 }, ['2001-02-29', '2001-13-01', '2001-1-1', '2001-01/01', '20010101', '']],
  [types.time(), { '00:00': 0, '23:59:59.9999': 86399999, '01:02:03.4': 3723400 }, ['24:00', '12', '12:60', '12:00:60', '12:00:00.', '1:00', '']],
  [
    types.timestamp(),
    {
      '2001-01-31': Date.UTC(2001, 0, 31),
      '2001-01-31T10:20': Date.UTC(2001, 0, 31, 10, 20),
      '2001/01/31 10:20:30.5': Date.UTC(2001, 0, 31, 10, 20, 30, 500),
      '2001-01-31t10:20:30z': Date.UTC(2001, 0, 31, 10, 20, 30),
      '2001-01-31 10:20:30.123456+05:30': Date.UTC(2001, 0, 31, 4, 50, 30, 123),
      '2001-01-31T10:20-0800': Date.UTC(2001, 0, 31, 18, 20),
      '2001-01-31T10:20+01': Date.UTC(2001, 0, 31, 9, 20),
      '-1': -1,
      '981000000000': 981000000000,
    },
    ['', '2001-01-32', '2001-01-31T', '2001-01-31T25:00', '2001-01-31X10:20', '2001-01-31T10:20+99:00', '2001-01-31T10:20:30+1', 'yesterday', '9999999999999999'],
  ],
  [types.bytes(), { '': new Uint8Array(), 'aGk=': Uint8Array.of(104, 105), aGk: Uint8Array.of(104, 105) }, ['a', 'a=', '!!!!']],
  [types.json(), { '[1,null]': [1, null] }, ['', '{']],
] as const)('values of %o', (type, good, bad) => {
  for (const [text, value] of Object.entries(good)) expect([text, decode(type, text)]).toEqual([text, value])
  for (const text of bad) expect([text, decode(type, text)]).toEqual([text, INVALID])
})

test('numbers are rounded as JavaScript rounds them', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.nat(20), (value, digits) => {
      for (const text of [String(value), value.toFixed(digits), value.toExponential(digits), value.toPrecision(digits + 1)]) {
        expect(decode(types.double(), text)).toBe(Number(text))
      }
    }),
    { numRuns: 500 },
  )
})

test('dates agree with Date.UTC', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true }), (date) => {
      expect(decode(types.timestamp(), date.toISOString())).toBe(date.getTime())
      expect(decode(types.date(), date.toISOString().slice(0, 10))).toBe(Math.floor(date.getTime() / 86_400_000))
    }),
  )
})

test('rows have their names and values in order', () => {
  const names = ['a', 'with "quotes"', '\u2028']
  const generated = rowFactory(names)([1, 2, 3])
  expect(Object.entries(generated)).toEqual([['a', 1], ['with "quotes"', 2], ['\u2028', 3]])
})
