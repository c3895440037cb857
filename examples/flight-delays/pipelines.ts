import { count, type DataStream, mapState, max, mean, quantile, SlidingEventTimeWindows, TumblingEventTimeWindows, types } from '@millrace/core'
import { Airport, AirportDay, AirportWeek, Flight, Leg } from './schema.ts'

const DAY_MS = 86_400_000

const airportsByCode = mapState('airports', types.string(), Airport)
const waiting = types.row({ flight: Flight, timestamp: types.timestamp() })

/**
 * Joins each flight with its two airports. Airports are broadcast to every subtask; because there is no order between the
 * two inputs, flights wait in checkpointed state until all airports are known.
 */
export function withAirports(flights: DataStream<Flight>, airports: DataStream<Airport>): DataStream<Leg> {
  return flights
    .connect(airports.broadcast(airportsByCode))
    .process((ctx) => {
      const known = ctx.broadcastState(airportsByCode)
      const early = ctx.operatorState('flights waiting for airports', waiting)
      const complete = ctx.operatorState('airports are complete', types.boolean(), { redistribute: 'union' })
      let airportsComplete = complete.get().length > 0
      const join = (flight: Flight): Leg => {
        const from = known.get(flight.origin)
        return {
          date: flight.date,
          delay: flight.delay,
          origin: flight.origin,
          airport: from?.name ?? null,
          state: from?.state ?? null,
          destinationAirport: known.get(flight.destination)?.name ?? null,
        }
      }
      return {
        processElement(flight, timestamp, output) {
          if (airportsComplete) output.collect(join(flight))
          else early.add({ flight, timestamp })
        },
        processBroadcastElement: (airport) => known.put(airport.iata, airport),
        endInput(input, output) {
          if (input !== 1) return
          airportsComplete = true
          complete.update([true])
          for (const { flight, timestamp } of early.get()) output.collect(join(flight), timestamp)
          early.update([])
        },
      }
    }, Leg)
    .uid('with-airports')
    .name('join airports')
}

/** Flights and delays per origin airport and day. */
export function delaysPerDay(legs: DataStream<Leg>): DataStream<AirportDay> {
  return legs
    .keyBy((leg) => [leg.origin, leg.airport ?? ''])
    .window(TumblingEventTimeWindows.of('1d'))
    .aggregate(
      { flights: count(), meanDelay: mean((leg: Leg) => leg.delay), maxDelay: max((leg: Leg) => leg.delay), p95Delay: quantile((leg: Leg) => leg.delay, 0.95) },
      ({ flights, meanDelay, maxDelay, p95Delay }, [origin, airport], window) => ({
        origin,
        airport: airport === '' ? null : airport,
        day: window.start,
        flights,
        meanDelay: meanDelay ?? 0,
        maxDelay: maxDelay ?? 0,
        p95Delay: p95Delay ?? 0,
      }),
      AirportDay,
    )
    .uid('delays-per-day')
    .name('delays per day')
}

/** The mean delay of the last seven days, every day. */
export function weeklyDelays(legs: DataStream<Leg>): DataStream<AirportWeek> {
  return legs
    .keyBy('origin')
    .window(SlidingEventTimeWindows.of('7d', '1d'))
    .aggregate(
      { flights: count(), meanDelay: mean((leg: Leg) => leg.delay) },
      ({ flights, meanDelay }, origin, window) => ({ origin, lastDay: window.end - DAY_MS, flights, meanDelay: meanDelay ?? 0 }),
      AirportWeek,
    )
    .uid('weekly-delays')
    .name('7-day average')
}
