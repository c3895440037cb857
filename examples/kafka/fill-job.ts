import { fileSource } from '@millrace/connector-file'
import { kafkaSink } from '@millrace/connector-kafka'
import { defineJob, runMain, WatermarkStrategy } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import { z } from 'zod'
import { Flight } from '../flight-delays/schema.ts'

/** Puts the flights of a file into a topic, those before a date, in the file's order, which is that of their departures. */
const job = defineJob({
  name: 'fill-flights',
  params: z.object({ brokers: z.string(), topic: z.string(), flights: z.string(), before: z.string().transform((date) => Date.parse(date)) }),
  build(env, { brokers, topic, flights, before }) {
    env
      .fromSource(fileSource({ path: flights, format: parquet(Flight) }), WatermarkStrategy.noWatermarks(), { uid: 'file', parallelism: 1 })
      .filter((flight) => flight.date < before)
      // All flights of an airport go to one partition.
      .sinkTo(kafkaSink({ brokers, topic, format: jsonLines(Flight), key: (flight) => flight.origin }), { uid: 'topic' })
  },
})

export default job
if (import.meta.main) await runMain(job, import.meta.url)
