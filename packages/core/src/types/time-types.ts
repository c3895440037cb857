import { defineType } from './define-type.ts'
import { typeMismatch } from './type-mismatch.ts'
import type { TypeInformation } from './type-information.ts'

const DAY_MS = 86_400_000
/** ECMA-262 time values end here: ±100 million days around the epoch. */
const MAX_TIMESTAMP_MS = 8.64e15
const MAX_DATE_DAYS = MAX_TIMESTAMP_MS / DAY_MS

function wholeNumberType(kind: 'timestamp' | 'date' | 'time', min: number, max: number, expected: string): TypeInformation<number> {
  return defineType<number>(
    { kind },
    {
      id: kind,
      version: 1,
      write(value, output) {
        if (!(Number.isInteger(value) && value >= min && value <= max)) throw typeMismatch(expected, value)
        output.writeVarLong(value)
      },
      read: (input) => input.readVarLong(),
    },
  )
}

const TIMESTAMP = wholeNumberType(
  'timestamp',
  -MAX_TIMESTAMP_MS,
  MAX_TIMESTAMP_MS,
  'a timestamp in whole epoch milliseconds (Date.getTime() gives it)',
)
const DATE = wholeNumberType('date', -MAX_DATE_DAYS, MAX_DATE_DAYS, 'a date in whole days since 1970-01-01')
const TIME = wholeNumberType('time', 0, DAY_MS - 1, 'a time of day in whole milliseconds from 0 to 86399999')

/** A point in time: whole milliseconds since 1970-01-01T00:00Z, within ±8.64e15 as in `Date`. */
export function timestamp(): TypeInformation<number> {
  return TIMESTAMP
}

/** A calendar day without a zone: whole days since 1970-01-01. */
export function date(): TypeInformation<number> {
  return DATE
}

/** A time of day without a zone: whole milliseconds since midnight, 0 to 86 399 999. */
export function time(): TypeInformation<number> {
  return TIME
}
