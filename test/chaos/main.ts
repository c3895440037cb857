/**
 * `npm run chaos [-- s3 | kafka] [-- --kills N --seed S --only NAME --planted]`: kills real processes until they have been killed N times
 * between their first checkpoint and their end, then at every failpoint, fills their disk, damages their snapshots, and
 * compares what they publish with an oracle. `--planted` runs the same with mistakes put in and expects each to be noticed.
 * NAME is a part of the name of a case, such as `kills/heap/tumbling`. With `s3`, output and checkpoints lie in object storage behind a
 * faulty network; with `kafka`, input and output are topics of a broker that is killed too. See docs/chaos.md.
 */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { runCase, type CaseOutcome, type ChaosCase } from './chaos-case.ts'
import { damagedSnapshots } from './damaged-snapshots.ts'
import { fullDisk } from './full-disk.ts'
import { failpointKills } from './failpoint-kills.ts'
import { withFaultyKafka } from './kafka/faulty-kafka.ts'
import { longSpins } from './long-spins.ts'
import { kafkaFailpoints, kafkaKills, kafkaPlantedBugs } from './kafka/kafka-kills.ts'
import { pausedProcess } from './paused-process.ts'
import { plantedBugCases } from './planted-bugs.ts'
import { randomKills } from './random-kills.ts'
import { withFaultyS3 } from './s3/faulty-s3.ts'
import { s3Kills } from './s3/s3-kills.ts'
import { summarize } from './summary.ts'
import { workerFaults } from './worker-faults.ts'

const KILLS_PER_RUN = 8

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { kills: { type: 'string' }, seed: { type: 'string', default: '1' }, only: { type: 'string', default: '' }, planted: { type: 'boolean', default: false } },
})
const service = positionals[0]
if (positionals.length > 1 || !['s3', 'kafka', undefined].includes(service)) throw new Error(`expected nothing, s3 or kafka, found ${positionals.join(' ')}`)
const [kills, seed] = [Number(values.kills ?? (service === undefined ? '200' : '50')), Number(values.seed)]
if (!Number.isSafeInteger(kills) || !Number.isSafeInteger(seed) || kills < 0) throw new Error(`expected whole numbers for --kills and --seed, found ${values.kills} and ${values.seed}`)

const startedMs = performance.now()
const outcomes: CaseOutcome[] = []
const chosen = (cases: readonly ChaosCase[]): readonly ChaosCase[] => cases.filter(({ name }) => name.includes(values.only))
const countedKills = (): number => outcomes.filter(({ name }) => name.startsWith('kills/')).reduce((sum, { report }) => sum + (report?.countedKills ?? 0), 0)

if (service === 's3') {
  await withFaultyS3(seed, async (faulty) => {
    for (let round = 0; countedKills() < kills; round++) {
      const cases = chosen(s3Kills({ seed, round, killsPerRun: KILLS_PER_RUN, faulty }))
      if (cases.length === 0) break
      await runAll(cases)
    }
  })
} else if (service === 'kafka') {
  await withFaultyKafka(seed, async (faulty) => {
    if (values.planted) return runAll(chosen(kafkaPlantedBugs(seed, faulty)))
    for (let round = 0; countedKills() < kills; round++) {
      const cases = chosen(kafkaKills({ seed, round, killsPerRun: KILLS_PER_RUN, faulty }))
      if (cases.length === 0) break
      await runAll(cases)
    }
    await runAll(chosen(kafkaFailpoints(seed, faulty)))
    process.stdout.write(`the broker was killed ${faulty.brokerKills} times\n`)
  })
} else if (values.planted) await runAll(chosen(plantedBugCases(seed)))
else {
  for (let round = 0; countedKills() < kills; round++) {
    const cases = chosen(randomKills({ seed, round, killsPerRun: KILLS_PER_RUN }))
    if (cases.length === 0) break
    await runAll(cases)
  }
  await runAll(chosen([...failpointKills({ seed, jobsEach: 2 }), ...fullDisk(seed), ...damagedSnapshots(seed), ...pausedProcess(seed), ...workerFaults(seed)]))
  // One that spins in this thread would hold up whatever runs beside it.
  for (const spin of chosen(longSpins(seed))) await runAll([spin])
}
if (outcomes.length === 0) throw new Error(`no case has '${values.only}' in its name`)
process.stdout.write(summarize(outcomes, performance.now() - startedMs))
if (outcomes.some(({ ok }) => !ok)) process.exitCode = 1

/** As many at a time as there are cores. */
async function runAll(cases: readonly ChaosCase[]): Promise<void> {
  const left = [...cases]
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const outcome = await runCase(next)
      outcomes.push(outcome)
      process.stdout.write(`${outcome.ok ? 'ok  ' : 'FAIL'} ${outcome.name}: ${outcome.detail} (${(outcome.durationMs / 1000).toFixed(1)} s)\n`)
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, Math.min(4, availableParallelism())) }, worker))
}
