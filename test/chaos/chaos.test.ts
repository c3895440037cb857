import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { chaosRun, problemOf } from './chaos-case.ts'
import { BACKENDS, SNAPSHOT_MODES } from './chaos-run.ts'
import { runWithDamage } from './damaged-snapshots.ts'
import { runWithFullDisk } from './full-disk.ts'
import { chaosJobs } from './jobs/all-jobs.ts'
import { plantedBug } from './planted/all-planted-bugs.ts'
import { runWithBug } from './planted-bugs.ts'
import { superviseRun } from './supervisor.ts'

/** The short form of `npm run chaos`: real processes, killed by SIGKILL, a few of each kind. */
const SEED = 20_260_101
/** A busy machine starts processes slowly. */
const TIMEOUT_MS = 120_000
const SHORT = { records: 12_000, recordsPerSecond: 6000 }

describe.concurrent('a killed job publishes what an undisturbed one does', { timeout: TIMEOUT_MS }, () => {
  const runs = chaosJobs.map(({ name }, index) => ({ job: name, backend: index % 2 === 0 ? BACKENDS[0] : BACKENDS[1], snapshots: index % 4 < 2 ? SNAPSHOT_MODES[1] : SNAPSHOT_MODES[0] }))
  test.for(runs)('$job on $backend, $snapshots checkpoints', async ({ job, backend, snapshots }) => {
    await inDirectory(async (directory) => {
      const report = await superviseRun(chaosRun({ job, seed: SEED, directory, backend, snapshots, ...SHORT }), [{ kind: 'afterCheckpoint', delayMs: 150 }])
      expect(problemOf(report)).toBeUndefined()
      expect(report.countedKills).toBe(1)
    })
  })
})

describe.concurrent('a planted bug is noticed', { timeout: TIMEOUT_MS }, () => {
  test.for(['double-commit-after-restore', 'split-position-one-record-ahead', 'lost-timer', 'half-written-checkpoint-picked-up', 'removals-left-out'])('%s', async (name) => {
    await inDirectory(async (directory) => {
      const { ok, detail } = await runWithBug(plantedBug(name), SEED, directory, { ...SHORT, maxKills: 1 })
      expect(detail).toMatch(/^caught/)
      expect(ok).toBe(true)
    })
  })
})

describe.concurrent('what a disk does to a checkpoint', { timeout: TIMEOUT_MS }, () => {
  test('a full one fails the job clearly and corrupts nothing', async () => {
    await inDirectory(async (directory) => {
      const result = await runWithFullDisk(chaosRun({ job: 'keyed-count', seed: SEED, directory, ...SHORT, recordsPerSecond: 12_000 }), 'checkpoints', { mount: false })
      expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('failed clearly') as string })
    })
  })
  test('a flipped bit is refused by the name of the file', async () => {
    await inDirectory(async (directory) => {
      const result = await runWithDamage(chaosRun({ job: 'tumbling', seed: SEED, directory, ...SHORT }), ['with a bit flipped at 0.5'])
      expect(result).toMatchObject({ ok: true, detail: expect.stringContaining('2 damaged files refused by name') as string })
    })
  })
})

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-chaos-'))
  try {
    await body(directory)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}
