import { createBucket } from '../../services/s3/create-bucket.ts'
import { startFaultyProxy } from '../../services/s3/faulty-proxy.ts'
import type { Fault, FaultyProxy, ProxiedRequest } from '../../services/s3/faulty-proxy.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'
import { startS3Server } from '../../services/s3/start-servers.ts'
import { mix, randomFrom } from '../random.ts'

/** An S3 server behind a network that fails in every way it can. */
export interface FaultyS3 {
  readonly server: S3Server
  readonly bucket: string
  readonly proxy: FaultyProxy
}

/** Share of the requests that something befalls. */
const FAULTS = 0.05

/** Starts MinIO, or moto where there is no MinIO, for as long as `body` runs. */
export async function withFaultyS3(seed: number, body: (faulty: FaultyS3) => Promise<void>): Promise<void> {
  const minio = await startS3Server('minio', { install: false })
  const running = 'missing' in minio ? await startS3Server('moto', { install: false }) : minio
  if ('missing' in running) throw new Error(`expected an S3 server, found none: ${running.missing}`)
  const proxy = await startFaultyProxy(running.server.endpoint)
  try {
    await body({ server: { ...running.server, endpoint: proxy.endpoint }, bucket: await createBucket(running.server), proxy: withFaults(proxy, seed, running.server.checksSignatures) })
  } finally {
    await proxy.stop()
    await running.stop()
  }
}

/** From now on something befalls the share FAULTS of all requests; damage on the way there only if the store notices. */
export function withFaults(proxy: FaultyProxy, seed: number, checksUploads: boolean): FaultyProxy {
  const random = randomFrom(mix(seed, 3))
  proxy.fault = (request) => (random() < FAULTS ? anyFault(request, random, checksUploads) : undefined)
  return proxy
}

/** Only what a client can notice over plain HTTP: damage in part of an object is TLS's to find, or the format's. */
function anyFault({ operation, ranged }: ProxiedRequest, random: () => number, checksUploads: boolean): Fault {
  const faults: Fault[] = [{ kind: 'slowDown' }, { kind: 'reset' }, { kind: 'lostAnswer' }, { kind: 'slowFirstByte', delayMs: 150 }]
  if (operation === 'GetObject') faults.push({ kind: 'truncated' }, ...(ranged ? [] : [{ kind: 'wrongChecksum' } as const]))
  if (checksUploads && (operation === 'PutObject' || operation === 'UploadPart')) faults.push({ kind: 'damagedUpload' })
  return faults[Math.floor(random() * faults.length)] as Fault
}
