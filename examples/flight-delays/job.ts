import { fileSink, fileSource } from '@millrace/connector-file'
import { defineJob, runMain, WatermarkStrategy } from '@millrace/core'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import { z } from 'zod'
import { delaysPerDay, weeklyDelays, withAirports } from './pipelines.ts'
import { Airport, AirportDay, AirportWeek, Flight } from './schema.ts'

const job = defineJob({
  name: 'flight-delays',
  params: z.object({
    /** Parquet files of flights: a path, a directory or a glob. */
    flights: z.string(),
    /** CSV files of airports, comma-separated. */
    airports: z.string().transform((paths) => paths.split(',')),
    out: z.string(),
  }),
  build(env, { flights: flightFiles, airports: airportFiles, out }) {
    const deadLetter = fileSink({ path: `${out}/dead-letters`, format: jsonLines() })
    const airports = env.fromSource(
      fileSource({ path: airportFiles, format: csv(Airport), onBadRecord: { deadLetter } }),
      WatermarkStrategy.noWatermarks(),
      { uid: 'airports', name: 'airports.csv', parallelism: 1 },
    )
    const flights = env.fromSource(
      fileSource({ path: flightFiles, format: parquet(Flight) }),
      WatermarkStrategy.forBoundedOutOfOrderness('1h', (flight) => flight.date),
      { uid: 'flights', name: 'flights.parquet' },
    )
    const legs = withAirports(flights, airports)
    delaysPerDay(legs).sinkTo(fileSink({ path: `${out}/daily`, format: jsonLines(AirportDay), rollEvery: '2s' }), { uid: 'daily', name: 'daily (JSON lines)' })
    weeklyDelays(legs).sinkTo(fileSink({ path: `${out}/weekly`, format: csv(AirportWeek), rollEvery: '2s' }), { uid: 'weekly', name: 'weekly (CSV)' })
  },
})

export default job
if (import.meta.main) await runMain(job, import.meta.url)
