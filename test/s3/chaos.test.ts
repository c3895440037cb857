import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { withFaults } from '../chaos/s3/faulty-s3.ts'
import { runOnS3, S3_KINDS, s3Run } from '../chaos/s3/s3-kills.ts'
import { createBucket } from '../services/s3/create-bucket.ts'
import { startFaultyProxy } from '../services/s3/faulty-proxy.ts'
import { onEachServer } from './support/with-servers.ts'

/** The short form of `npm run chaos -- s3`. */
const SEED = 20_260_102

onEachServer('jobs that are killed while the network fails', (server) => {
  test.for(S3_KINDS)('%s', { timeout: 120_000 }, async (kind) => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-chaos-s3-'))
    const proxy = withFaults(await startFaultyProxy(server.endpoint), SEED, server.checksSignatures)
    try {
      const faulty = { server: { ...server, endpoint: proxy.endpoint }, bucket: await createBucket(server), proxy }
      const run = s3Run(kind, faulty, { seed: SEED, directory, records: 9000, recordsPerSecond: 6000 })
      const { ok, detail, report } = await runOnS3(run, [{ kind: 'afterCheckpoint', delayMs: 150 }])
      expect(ok, detail).toBe(true)
      expect(report?.countedKills).toBe(1)
      expect(proxy.seen.filter(({ fault }) => fault !== undefined).length).toBeGreaterThan(0)
    } finally {
      await proxy.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
