import { count, defineJob, mean, runMain, TumblingEventTimeWindows, types, WatermarkStrategy, type DataStream, type Infer } from '@millrace/core'
import { fileSink, fileSource } from '@millrace/connector-file'
import { csv } from '@millrace/format-csv'
import { jsonLines } from '@millrace/format-json'

export const Reading = types.row({ time: types.timestamp(), sensor: types.string(), celsius: types.double() })
export interface Reading extends Infer<typeof Reading> {}

export const Minute = types.row({ sensor: types.string(), minute: types.timestamp(), readings: types.long(), meanCelsius: types.double() })
export interface Minute extends Infer<typeof Minute> {}

/** The pipeline is a plain function: the job wires it to files, the test to an array. */
export function meanPerMinute(readings: DataStream<Reading>): DataStream<Minute> {
  return readings
    .keyBy('sensor')
    .window(TumblingEventTimeWindows.of('1min'))
    .aggregate(
      { readings: count(), meanCelsius: mean((reading) => reading.celsius) },
      (result, sensor, window) => ({ sensor, minute: window.start, ...result }),
      Minute,
    )
    .uid('mean-per-minute')
}

const job = defineJob({
  name: 'mean-per-minute',
  build(env) {
    const source = fileSource({
      path: 'data/*.csv',
      format: csv(Reading),
      // One line of the sample is malformed on purpose; this is where it goes.
      onBadRecord: { deadLetter: fileSink({ path: 'out/dead-letters', format: jsonLines() }) },
    })
    const readings = env.fromSource(
      source,
      WatermarkStrategy.forBoundedOutOfOrderness('10s', (reading) => reading.time),
      { uid: 'readings' },
    )
    const minutes = meanPerMinute(readings)
    minutes.print()
    minutes.sinkTo(fileSink({ path: 'out/minutes', format: jsonLines(Minute) }), { uid: 'minutes' })
  },
})
export default job

if (import.meta.main) await runMain(job, import.meta.url)
