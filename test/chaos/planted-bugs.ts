import { mkdir } from 'node:fs/promises'
import { chaosRun, problemOf, type CaseResult, type ChaosCase } from './chaos-case.ts'
import type { ChaosRun } from './chaos-run.ts'
import { plantedBugs } from './planted/all-planted-bugs.ts'
import type { PlantedBug } from './planted/planted-bug.ts'
import { mix } from './random.ts'
import { superviseRun, type Life } from './supervisor.ts'

/** Where a kill falls decides whether a bug shows, as it does for real ones: so many runs, of other seeds, have to show it at least once. */
const RUNS = 4

/** Each planted bug must be noticed, and the very same run without it must be exact. */
export function plantedBugCases(seed: number): readonly ChaosCase[] {
  return plantedBugs.map((bug, index) => ({
    name: `planted/${bug.name}`,
    async run(directory) {
      for (let attempt = 1; ; attempt++) {
        const runSeed = mix(seed, index, attempt) % 1_000_000
        const found = await runWithBug(bug, runSeed, `${directory}/with-${attempt}`)
        if (!found.ok && attempt < RUNS) continue
        const caught = { ...found, detail: `${found.detail} (run ${attempt} of at most ${RUNS})` }
        if (!found.ok) return caught
        const control = await superviseRun(settingsFor(bug, runSeed, await made(`${directory}/without-${attempt}`)), livesOf(bug))
        const problem = problemOf(control)
        if (problem === undefined) return caught
        // an exact run that was over before its last kill is no control; one that is not exact is the end
        if (problemOf({ ...control, missedFailpoints: [] }) === undefined && attempt < RUNS) continue
        return { ok: false, detail: `without the bug the run should be exact, and is not: ${problem}`, report: control }
      }
    },
  }))
}

/** `ok`: the bug was caught, and `detail` says by what. */
export async function runWithBug(bug: PlantedBug, seed: number, directory: string, { maxKills, ...settings }: Partial<ChaosRun> & { readonly maxKills?: number } = {}): Promise<CaseResult> {
  const run = { ...settingsFor(bug, seed, await made(directory)), planted: bug.name, ...settings }
  const report = await superviseRun(run, livesOf(bug).slice(0, maxKills))
  // a failpoint that was missed says nothing about the bug
  const problem = problemOf({ ...report, missedFailpoints: [] })
  if (problem === undefined) return { ok: false, detail: `NOT CAUGHT after ${report.countedKills} kills, seed ${seed}`, report }
  return { ok: true, detail: `caught after ${report.countedKills} kills, seed ${seed}: ${problem.split('\n').slice(0, 2).join(' ').replaceAll(/\s+/g, ' ').slice(0, 300)}`, report }
}

function settingsFor({ job, uploadFailures = 0, snapshots = 'full' }: PlantedBug, seed: number, directory: string): ChaosRun {
  return chaosRun({ job, seed, directory, uploadFailures, snapshots, records: 40_000, recordsPerSecond: 6000 })
}

function livesOf({ kills }: PlantedBug): readonly Life[] {
  return kills.map((name, index) => ({ kind: 'failpoint', failpoint: { name, hit: 1, afterCheckpoints: 2 + (index % 2) } }))
}

async function made(directory: string): Promise<string> {
  await mkdir(directory, { recursive: true })
  return directory
}
