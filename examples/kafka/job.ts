import { kafkaSink, kafkaSource } from '@millrace/connector-kafka'
import { count, defineJob, type Infer, mean, runMain, TumblingEventTimeWindows, types, WatermarkStrategy } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import { z } from 'zod'
import { Flight } from '../flight-delays/schema.ts'

export const AirportDay = types.row({ origin: types.string(), day: types.timestamp(), flights: types.long(), meanDelay: types.double() })
export interface AirportDay extends Infer<typeof AirportDay> {}

/** Topic → flights and mean delay per airport and day → topic, each flight exactly once, whatever is killed meanwhile. */
const job = defineJob({
  name: 'kafka-delays',
  params: z.object({ brokers: z.string(), from: z.string(), to: z.string() }),
  build(env, { brokers, from, to }) {
    env
      .fromSource(
        kafkaSource({ brokers, topics: from, format: jsonLines(Flight), groupId: 'kafka-delays' }),
        WatermarkStrategy.forBoundedOutOfOrderness('1h', (flight) => flight.date),
        { uid: 'flights' },
      )
      .keyBy('origin')
      .window(TumblingEventTimeWindows.of('1d'))
      .aggregate(
        { flights: count(), meanDelay: mean((flight: Flight) => flight.delay) },
        ({ flights, meanDelay }, origin, window) => ({ origin, day: window.start, flights, meanDelay: meanDelay ?? 0 }),
        AirportDay,
      )
      .uid('per-airport-and-day')
      .sinkTo(
        kafkaSink({ brokers, topic: to, format: jsonLines(AirportDay), key: (day) => day.origin, guarantee: 'exactly-once', transactionalIdPrefix: `kafka-delays-${to}` }),
        { uid: 'airport-days' },
      )
  },
})

export default job
if (import.meta.main) await runMain(job, import.meta.url)
