import { describe, expect, it } from 'vitest'
import * as types from '../../src/types/types.ts'
import type { Infer } from '../../src/types/type-information.ts'
import { encode, roundTrip, writeError } from './round-trip.ts'

const Arrival = types.row({ at: types.long(), kind: types.enumOf('arrival', 'diversion'), delay: types.int() })
const Departure = types.row({ at: types.long(), kind: types.enumOf('departure'), gate: types.string() })
const Event = types.union(Arrival, Departure)
type Event = Infer<typeof Event>

describe('union', () => {
  it('keeps the rows apart by their kind', () => {
    const events: readonly Event[] = [
      { at: 1, kind: 'arrival', delay: 5 },
      { at: 1, kind: 'diversion', delay: 6 },
      { at: 2, kind: 'departure', gate: 'B2' },
    ]
    for (const event of events) expect(roundTrip(Event, event)).toEqual(event)
    expect(encode(Event, { at: 0, kind: 'departure', gate: '' })[0]).toBe(1)
  })

  it('names the field that decides when it does not', () => {
    expect(writeError(Event as never, { at: 1, kind: 'crash' })).toMatchObject({
      code: 'CORE_TYPE_MISMATCH',
      at: { field: 'kind' },
      message: 'field kind: expected one of "arrival", "diversion", "departure", found the string "crash"',
    })
    expect(writeError(Event as never, { at: 1, kind: 'departure', gate: 2 })).toMatchObject({ at: { field: 'gate' } })
    expect(writeError(Event as never, null)).toMatchObject({ code: 'CORE_TYPE_MISMATCH' })
  })

  it('refuses rows that nothing tells apart', () => {
    expect(() => types.union(Arrival, Arrival)).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TYPE' }))
    expect(() => types.union(Arrival, types.row({ a: types.int() }))).toThrow(expect.objectContaining({ code: 'CORE_INVALID_TYPE' }))
  })
})
