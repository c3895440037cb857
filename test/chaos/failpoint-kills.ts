import { chaosRun, judgeRun, type ChaosCase } from './chaos-case.ts'
import { BACKENDS } from './chaos-run.ts'
import { FAILPOINTS, RESTART_FAILPOINTS, type FailpointName } from './faults/failpoints.ts'
import { chaosJobs } from './jobs/all-jobs.ts'
import { mix } from './random.ts'
import { superviseRun, type Life } from './supervisor.ts'

const NEEDS_KEYED_STATE: readonly FailpointName[] = ['snapshot', 'snapshot-chunks', 'upload', 'upload-closing', 'restore-state', 'clean-up-shared']

/** Every failpoint in `jobsEach` of the jobs that come by it, each killed there twice, at different visits. */
export function failpointKills({ seed, jobsEach }: { readonly seed: number; readonly jobsEach: number }): readonly ChaosCase[] {
  return (Object.keys(FAILPOINTS) as FailpointName[]).flatMap((name, index) => {
    const jobs = chaosJobs.filter((job) => canReach(job, name))
    return Array.from({ length: jobsEach }, (_, each): ChaosCase => {
      const job = (jobs[(index + each * 3) % jobs.length] as (typeof jobs)[number]).name
      const backend = (index + each) % 2 === 0 ? BACKENDS[0] : BACKENDS[1]
      const snapshots = name === 'clean-up-shared' || (index + (each >> 1)) % 2 === 1 ? 'incremental' : 'full'
      const runSeed = mix(seed, index, each) % 1_000_000
      return {
        name: `failpoints/${name}/${backend}/${snapshots}/${job}`,
        run: async (directory) => judgeRun(await superviseRun(chaosRun({ job, seed: runSeed, directory, backend, snapshots, records: 24_000 }), livesTo(name, runSeed))),
      }
    })
  })
}

function canReach({ name: job, keyed }: { readonly name: string; readonly keyed: boolean }, name: FailpointName): boolean {
  if (name === 'commit-half') return job === 'file-to-file'
  // only where output never pauses is there an unfinished file in every checkpoint
  if (name === 'restore-sink') return job === 'keyed-count' || job === 'broadcast'
  return keyed || !NEEDS_KEYED_STATE.includes(name)
}

/** Twice to the failpoint: while running, or, for what happens only at a restart, in the process after one that was killed. */
export function livesTo(name: FailpointName, seed: number): readonly Life[] {
  const first: Life = { kind: 'afterCheckpoint', delayMs: mix(seed, 0) % 200 }
  const restarting = RESTART_FAILPOINTS.includes(name)
  const hits = [1, 1 + (mix(seed, 1) % 3)]
  return [first, ...hits.map((hit): Life => ({ kind: 'failpoint', failpoint: { name, hit: restarting ? 1 : hit, afterCheckpoints: restarting ? 0 : 1 } }))]
}
