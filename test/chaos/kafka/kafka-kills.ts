import { randomUUID } from 'node:crypto'
import { settledTransactions } from '../../kafka/settled-transactions.ts'
import { chaosRun, judgeRun, type CaseResult, type ChaosCase } from '../chaos-case.ts'
import type { ChaosRun } from '../chaos-run.ts'
import { livesTo } from '../failpoint-kills.ts'
import type { FailpointName } from '../faults/failpoints.ts'
import { mix } from '../random.ts'
import { randomLives, type RandomKillOptions } from '../random-kills.ts'
import { superviseRun, type Life } from '../supervisor.ts'
import type { FaultyKafka } from './faulty-kafka.ts'
import type { KafkaPlace } from './kafka-place.ts'

/** Kafka → keyed aggregation → Kafka, and Kafka → keyed aggregation → files. */
export const KAFKA_KINDS = ['kafka-to-kafka', 'kafka-to-file'] as const
export type KafkaKind = (typeof KAFKA_KINDS)[number]

/** The places of a checkpoint's and a restart's life that matter to transactions. */
const FAILPOINTS: readonly FailpointName[] = [
  'barrier',
  'barrier-sink',
  'snapshot',
  'completion-before',
  'completion-after',
  'commit-before',
  'commit-after',
  'restore-metadata',
  'restore-sink',
  'lease-after',
]

const PLANTED: readonly { readonly bug: string; readonly kill: FailpointName }[] = [
  { bug: 'commit-before-completion', kill: 'completion-before' },
  // writers that forget their state do not abort what was begun after the checkpoint
  { bug: 'unfinished-files-forgotten', kill: 'barrier-sink' },
]

type KafkaRun = ChaosRun & { readonly kafka: KafkaPlace }

/** Each kind once, killed at moments that the seed chooses, while the broker is killed too; in every second run processes differ in parallelism. */
export function kafkaKills({ seed, round, killsPerRun, faulty }: RandomKillOptions & { readonly faulty: FaultyKafka }): readonly ChaosCase[] {
  return KAFKA_KINDS.map((kind, index) => ({
    name: `kills/kafka/${kind}`,
    run(directory) {
      const runSeed = mix(seed, round, index) % 1_000_000
      return runOnKafka(kafkaRun(kind, faulty, { seed: runSeed, directory, rescales: (round + index) % 2 === 1 }), faulty, randomLives(runSeed, killsPerRun))
    },
  }))
}

export function kafkaFailpoints(seed: number, faulty: FaultyKafka): readonly ChaosCase[] {
  return FAILPOINTS.map((name, index) => ({
    name: `failpoints/kafka/${name}`,
    run(directory) {
      const runSeed = mix(seed, index, 5) % 1_000_000
      return runOnKafka(kafkaRun('kafka-to-kafka', faulty, { seed: runSeed, directory, records: 24_000 }), faulty, livesTo(name, runSeed).map(atFirstVisit))
    },
  }))
}

/** While a broker is away the input may come to its end with few checkpoints more. */
function atFirstVisit(life: Life): Life {
  return life.kind === 'failpoint' ? { ...life, failpoint: { ...life.failpoint, hit: 1 } } : life
}

/** Mistakes of a sink that show in topics and transactions; each must be noticed. */
export function kafkaPlantedBugs(seed: number, faulty: FaultyKafka): readonly ChaosCase[] {
  return PLANTED.map(({ bug, kill }, index) => ({
    name: `planted/kafka/${bug}`,
    async run(directory) {
      const run = { ...kafkaRun('kafka-to-kafka', faulty, { seed: mix(seed, index, 6) % 1_000_000, directory, records: 12_000 }), planted: bug }
      const { ok, detail, ...rest } = await runOnKafka(run, faulty, [{ kind: 'failpoint', failpoint: { name: kill, hit: 1, afterCheckpoints: 2 } }])
      return { ...rest, ok: !ok, detail: ok ? `NOT CAUGHT: ${detail}` : `caught: ${detail.replaceAll(/\s+/g, ' ').slice(0, 300)}` }
    },
  }))
}

export function kafkaRun(kind: KafkaKind, { broker: { plain, version } }: FaultyKafka, settings: Pick<ChaosRun, 'seed' | 'directory'> & Partial<ChaosRun>): KafkaRun {
  const id = randomUUID()
  const kafka = { plain, version, input: `in-${id}`, output: kind === 'kafka-to-kafka' ? `out-${id}` : undefined, transactionalIdPrefix: `chaos-${id}` }
  return { ...chaosRun({ job: 'keyed-count', records: 40_000, checkpointIntervalMs: 250, ...settings }), kafka }
}

/** Exact output as Kafka's own consumer reads it, and no transaction left open. */
export async function runOnKafka(run: KafkaRun, faulty: FaultyKafka, lives: readonly Life[]): Promise<CaseResult> {
  const before = faulty.brokerKills
  const judged = judgeRun(await superviseRun(run, lives, { inPeace: faulty.inPeace }))
  const open = await faulty.inPeace(() => settledTransactions(run.kafka.plain, run.kafka.transactionalIdPrefix))
  const detail = `${judged.detail}; the broker was killed ${faulty.brokerKills - before} times meanwhile`
  if (judged.ok && open.length > 0)
    return { ...judged, ok: false, detail: `${detail}, but transactions were left open: ${open.map(({ transactionalId }) => transactionalId).join(', ')}` }
  return { ...judged, detail }
}
