import { fileSink, fileSource } from '@millrace/connector-file'
import { s3FileSystem } from '@millrace/connector-s3'
import { defineJob, silentLogger, submit, types, WatermarkStrategy } from '@millrace/core'
import type { StreamExecutionEnvironment } from '@millrace/core'
import { collectingSink } from '@millrace/core/testing'
import { parquet } from '@millrace/format-parquet'
import type { TransferPlace } from './transfers.ts'

const Six = types.row({ a: types.double(), b: types.double(), c: types.double(), d: types.double(), e: types.double(), f: types.double() })
const Two = types.row({ b: types.double(), e: types.double() })
const ROWS = 200_000

/** How many bytes a job that reads two columns of six has fetched, of how many there are. */
export async function projectionShare({ server: { endpoint, region, accessKeyId, secretAccessKey }, bucket }: TransferPlace): Promise<{ readonly read: number; readonly size: number }> {
  const fileSystem = s3FileSystem({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
  const path = `s3://${bucket}/table`
  const run = async (build: (env: StreamExecutionEnvironment) => void): Promise<void> => {
    const client = await submit(defineJob({ name: 'projection', build }), { logger: silentLogger, fileSystems: [fileSystem] })
    await client.done
  }
  const rows = Array.from({ length: ROWS }, (_, i) => ({ a: Math.sin(i), b: Math.cos(i), c: Math.sin(i + 1), d: Math.cos(i + 1), e: Math.sin(i + 2), f: Math.cos(i + 2) }))
  await run((env) => env.fromData(rows, Six).sinkTo(fileSink({ path, format: parquet(Six, { rowGroupRows: 50_000 }) })))
  let size = 0
  for await (const file of fileSystem.list(path)) size += file.size
  const before = fileSystem.statistics.bytesRead
  const output = collectingSink()
  await run((env) => env.fromSource(fileSource({ path, format: parquet(Two) }), WatermarkStrategy.noWatermarks()).sinkTo(output))
  if (output.values.length !== ROWS) throw new Error(`expected ${ROWS} rows, found ${output.values.length}`)
  return { read: fileSystem.statistics.bytesRead - before, size }
}
