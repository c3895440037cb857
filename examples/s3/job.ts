import { fileSink, fileSource } from '@millrace/connector-file'
import { s3FileSystem } from '@millrace/connector-s3'
import { defineJob, runMain, types, WatermarkStrategy } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import { parquet } from '@millrace/format-parquet'
import { z } from 'zod'

const Flight = types.row({ date: types.timestamp(), delay: types.long(), origin: types.string(), destination: types.string() })
const WORST_DELAY_MIN = 60

/** Flights that were an hour late or more, in a directory per day. */
const job = defineJob({
  name: 'late-flights',
  params: z.object({ flights: z.string(), out: z.string() }),
  build(env, { flights, out }) {
    env
      .fromSource(fileSource({ path: flights, format: parquet(Flight), splitBytes: 2_000_000 }), WatermarkStrategy.noWatermarks(), { uid: 'flights' })
      .filter(({ delay }) => delay >= WORST_DELAY_MIN)
      .sinkTo(fileSink({ path: out, format: jsonLines(Flight), partition: ({ date }) => `day=${new Date(date).toISOString().slice(0, 10)}`, rollEvery: '1s' }), { uid: 'late' })
  },
})

export default job
// Endpoint, region and credentials come from the environment, as for every program that uses S3.
if (import.meta.main) await runMain(job, import.meta.url, { fileSystems: [s3FileSystem()] })
