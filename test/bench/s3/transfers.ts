import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import { GetObjectCommand } from '@aws-sdk/client-s3'
import { Upload } from '@aws-sdk/lib-storage'
import { s3FileSystem } from '@millrace/connector-s3'
import { clientFor } from '../../services/s3/create-bucket.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'

export interface TransferPlace {
  readonly server: S3Server
  readonly bucket: string
  readonly bytes: number
}

type Transfer = () => Promise<void>

const MIB = 1024 * 1024
/** Written at a time. */
const CHUNK_BYTES = MIB
export const OBJECT = 'object'

/** Ways to move an object of `bytes` from or to the store. */
export const transfers: Readonly<Record<string, (place: TransferPlace) => Transfer>> = {
  'get-ours': readInOrder,
  'get-sdk-stream': readAsStream,
  'get-sdk-ranges': readRanges,
  'put-ours': writeInChunks,
  'put-lib-storage': (place) => upload(place, 4),
  'put-lib-storage-8': (place) => upload(place, 8),
}

function fileSystemOf({ server: { endpoint, region, accessKeyId, secretAccessKey } }: TransferPlace) {
  return s3FileSystem({ endpoint, region, credentials: { accessKeyId, secretAccessKey } })
}

/** As the file connector does. */
function readInOrder(place: TransferPlace): Transfer {
  const fileSystem = fileSystemOf(place)
  return async () => {
    const file = await fileSystem.open(`s3://${place.bucket}/${OBJECT}`)
    let sum = 0
    for await (const chunk of file.chunks?.(0) ?? []) sum += chunk.length
    await file.close()
    expectBytes(sum, place)
  }
}

function readAsStream(place: TransferPlace): Transfer {
  const client = clientFor(place.server)
  return async () => {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: OBJECT }))
    let sum = 0
    for await (const chunk of Body as Readable) sum += (chunk as Uint8Array).length
    expectBytes(sum, place)
  }
}

/** Eight ranges of 8 MiB at a time, each into its own buffer. */
function readRanges(place: TransferPlace): Transfer {
  const client = clientFor(place.server)
  return async () => {
    let next = 0
    let sum = 0
    const reader = async (): Promise<void> => {
      while (next < place.bytes) {
        const start = next
        next += 8 * MIB
        const { Body } = await client.send(new GetObjectCommand({ Bucket: place.bucket, Key: OBJECT, Range: `bytes=${start}-${Math.min(next, place.bytes) - 1}` }))
        const bytes = await Body?.transformToByteArray()
        sum += bytes?.length ?? 0
      }
    }
    await Promise.all(Array.from({ length: 8 }, reader))
    expectBytes(sum, place)
  }
}

function writeInChunks(place: TransferPlace): Transfer {
  const fileSystem = fileSystemOf(place)
  return async () => {
    const writer = fileSystem.createRecoverableWriter?.()
    if (writer === undefined) throw new Error('no recoverable writer')
    const path = `s3://${place.bucket}/${randomUUID()}`
    const stream = await writer.open(path)
    for (let written = 0; written < place.bytes; written += CHUNK_BYTES) {
      stream.write(new Uint8Array(CHUNK_BYTES).fill(written))
      await stream.ready()
    }
    await writer.commit(await stream.closeForCommit())
    await fileSystem.delete(path)
  }
}

/** lib-storage from a stream of chunks: what a program that produces its bytes as it goes would use. */
function upload(place: TransferPlace, queueSize: number): Transfer {
  const client = clientFor(place.server)
  const fileSystem = fileSystemOf(place)
  return async () => {
    const Key = randomUUID()
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (let written = 0; written < place.bytes; written += CHUNK_BYTES) yield new Uint8Array(CHUNK_BYTES).fill(written)
    }
    await new Upload({ client, params: { Bucket: place.bucket, Key, Body: Readable.from(body(), { objectMode: false }) }, queueSize, partSize: 8 * MIB }).done()
    await fileSystem.delete(`s3://${place.bucket}/${Key}`)
  }
}

function expectBytes(found: number, { bytes }: TransferPlace): void {
  if (found !== bytes) throw new Error(`expected ${bytes} bytes, found ${found}`)
}
