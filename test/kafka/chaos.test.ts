import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, test } from 'vitest'
import { withFaultyKafka } from '../chaos/kafka/faulty-kafka.ts'
import { KAFKA_KINDS, kafkaRun, runOnKafka } from '../chaos/kafka/kafka-kills.ts'

/** The short form of `npm run chaos -- kafka`. */
const SEED = 20_260_103
const TIMEOUT_MS = 240_000

describe.skipIf(!inject('kafka').available)('jobs that are killed while the broker is killed too', () => {
  test('publish every record once and leave no transaction open', { timeout: TIMEOUT_MS }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'millrace-chaos-kafka-'))
    try {
      await withFaultyKafka(SEED, async (faulty) => {
        for (const kind of KAFKA_KINDS) {
          const run = kafkaRun(kind, faulty, { seed: SEED, directory: join(directory, kind), records: 9000, recordsPerSecond: 3000, rescales: true })
          const { ok, detail, report } = await runOnKafka(run, faulty, [
            { kind: 'afterCheckpoint', delayMs: 120 },
            { kind: 'failpoint', failpoint: { name: 'commit-before', hit: 1, afterCheckpoints: 0 } },
          ])
          expect(ok, detail).toBe(true)
          expect(report?.countedKills).toBe(2)
        }
        expect(faulty.brokerKills).toBeGreaterThan(0)
      })
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
