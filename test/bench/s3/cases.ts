import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { s3FileSystem } from '@millrace/connector-s3'
import { createBucket } from '../../services/s3/create-bucket.ts'
import { startS3Server } from '../../services/s3/start-servers.ts'
import { atLeast, compare, median } from '../bench-line.ts'
import type { Comparison, Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { projectionShare } from './projection.ts'
import type { TransferReport } from './transfer-worker.ts'
import { OBJECT } from './transfers.ts'
import type { TransferPlace } from './transfers.ts'

const WORKER = fileURLToPath(new URL('transfer-worker.ts', import.meta.url))
const ROUNDS = 5
const MIB = 1024 * 1024
const BYTES = 96 * MIB

const atMost = (ratio: number): Target => ({ text: `ratio ≤ ${ratio}`, met: (line) => line.ratio <= ratio })

/** Ours and what the SDK offers, in turn, each in processes of its own against one MinIO; compared with the better of the SDK's. */
function transferCase(name: string, ours: string, theirs: readonly string[]): MeasureCase {
  return {
    kind: 'measure',
    name,
    measure: () =>
      withMinio(async (place) => {
        const rates = new Map<string, number[]>([ours, ...theirs].map((variant) => [variant, []]))
        for (let round = 0; round < ROUNDS; round++) for (const [variant, found] of rates) found.push((await transfer(variant, place)).megabytesPerSecond)
        const best = theirs.toSorted((a, b) => median(rates.get(b) ?? []) - median(rates.get(a) ?? []))[0] ?? ''
        return { line: compare(name, 'MB/s', best, rates.get(ours) ?? [], rates.get(best) ?? []), target: atLeast(0.9) }
      }),
  }
}

/** The most memory a process needs to move a large object, compared with one of an eighth: what is buffered must not grow with it. */
function memoryCase(name: string, variant: string): MeasureCase {
  return {
    kind: 'measure',
    name,
    measure: () =>
      withMinio(async (place) => {
        const [large, small]: [number[], number[]] = [[], []]
        for (let round = 0; round < 3; round++) {
          large.push((await transfer(variant, { ...place, bytes: 4 * BYTES })).peakMegabytes)
          small.push((await transfer(variant, { ...place, bytes: BYTES / 2 })).peakMegabytes)
        }
        return { line: compare(name, 'MB at peak', 'an object of an eighth', large, small), target: atMost(1.3) }
      }),
  }
}

const projection: MeasureCase = {
  kind: 'measure',
  name: 's3/parquet-projection',
  measure: () =>
    withMinio(async (place): Promise<Comparison> => {
      const { read, size } = await projectionShare(place)
      return { line: compare('s3/parquet-projection', 'bytes for 2 of 6 columns', 'the whole object', [read], [size]), target: atMost(0.45) }
    }),
}

export const s3Cases: readonly MeasureCase[] = [
  transferCase('s3/get', 'get-ours', ['get-sdk-stream', 'get-sdk-ranges']),
  transferCase('s3/put', 'put-ours', ['put-lib-storage', 'put-lib-storage-8']),
  projection,
  memoryCase('s3/put-memory', 'put-ours'),
]

async function transfer(variant: string, place: TransferPlace): Promise<TransferReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, WORKER, variant, JSON.stringify(place)])
  return JSON.parse(stdout) as TransferReport
}

/** MinIO with a bucket that holds the object which is read. */
async function withMinio<R>(body: (place: TransferPlace) => Promise<R>): Promise<R> {
  const started = await startS3Server('minio', { install: true })
  if ('missing' in started) throw new Error(started.missing)
  try {
    const { server } = started
    const { endpoint, region, accessKeyId, secretAccessKey } = server
    const bucket = await createBucket(server)
    await s3FileSystem({ endpoint, region, credentials: { accessKeyId, secretAccessKey } }).publish(`s3://${bucket}/${OBJECT}`, new Uint8Array(BYTES).fill(7))
    return await body({ server, bucket, bytes: BYTES })
  } finally {
    await started.stop()
  }
}
