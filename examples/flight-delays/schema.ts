import { type Infer, types } from '@millrace/core'

/** One flight of the file `flights-3m.parquet`; times are local to the airport, read as if they were UTC. */
export const Flight = types.row({ date: types.timestamp(), delay: types.long(), distance: types.long(), origin: types.string(), destination: types.string() })
export interface Flight extends Infer<typeof Flight> {}

export const Airport = types.row({ iata: types.string(), name: types.string(), city: types.string().nullable(), state: types.string().nullable() })
export interface Airport extends Infer<typeof Airport> {}

/** A flight that knows its airports; null for one that the airport file does not list. */
export const Leg = types.row({
  date: types.timestamp(),
  delay: types.long(),
  origin: types.string(),
  airport: types.string().nullable(),
  state: types.string().nullable(),
  destinationAirport: types.string().nullable(),
})
export interface Leg extends Infer<typeof Leg> {}

/** Delays in minutes; `p95Delay` interpolates linearly between the two nearest ranks (SQL's `percentile_cont`). */
export const AirportDay = types.row({
  origin: types.string(),
  airport: types.string().nullable(),
  day: types.timestamp(),
  flights: types.long(),
  meanDelay: types.double(),
  maxDelay: types.long(),
  p95Delay: types.double(),
})
export interface AirportDay extends Infer<typeof AirportDay> {}

/** The mean over the seven days that end with `lastDay`. */
export const AirportWeek = types.row({ origin: types.string(), lastDay: types.timestamp(), flights: types.long(), meanDelay: types.double() })
export interface AirportWeek extends Infer<typeof AirportWeek> {}
