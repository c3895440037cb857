import { chaosRun, judgeRun, type ChaosCase } from './chaos-case.ts'
import { BACKENDS, SNAPSHOT_MODES } from './chaos-run.ts'
import { chaosJobs } from './jobs/all-jobs.ts'
import { mix, randomFrom } from './random.ts'
import { superviseRun, type Life } from './supervisor.ts'

/** By the first checkpoint of a process the restored job is at work; before it, it loads, takes the lease, restores. */
const MAX_DELAY_AFTER_CHECKPOINT_MS = 350
const MAX_DELAY_AFTER_START_MS = 900
/** In every second run some uploads fail, so that checkpoints are aborted between kills. */
const UPLOAD_FAILURES = 0.08

export interface RandomKillOptions {
  readonly seed: number
  readonly round: number
  readonly killsPerRun: number
}

/** Each job on each backend once, killed at moments that the seed chooses. In every third run processes differ in parallelism. */
export function randomKills({ seed, round, killsPerRun }: RandomKillOptions): readonly ChaosCase[] {
  const kinds = BACKENDS.flatMap((backend) => SNAPSHOT_MODES.map((snapshots) => ({ backend, snapshots })))
  return kinds.flatMap(({ backend, snapshots }, kind) =>
    chaosJobs.map(({ name: job }, index): ChaosCase => {
      const runSeed = mix(seed, round * kinds.length + kind, index) % 1_000_000
      const variant = kind + index + round
      return {
        name: `kills/${backend}/${snapshots}/${job}`,
        async run(directory) {
          const run = chaosRun({ job, seed: runSeed, directory, backend, snapshots, rescales: variant % 3 === 2, uploadFailures: variant % 2 === 1 ? UPLOAD_FAILURES : 0 })
          return judgeRun(await superviseRun(run, randomLives(runSeed, killsPerRun)))
        },
      }
    }),
  )
}

/** Three of four processes are killed some time after their first checkpoint, the others at any time after their start. */
export function randomLives(seed: number, kills: number): readonly Life[] {
  const random = randomFrom(seed)
  return Array.from({ length: kills }, () =>
    random() < 0.75 ? { kind: 'afterCheckpoint', delayMs: random() * MAX_DELAY_AFTER_CHECKPOINT_MS } : { kind: 'afterStart', delayMs: random() * MAX_DELAY_AFTER_START_MS },
  )
}
