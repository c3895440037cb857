import { randomUUID } from 'node:crypto'
import { chaosRun, judgeRun } from '../chaos-case.ts'
import type { CaseResult, ChaosCase } from '../chaos-case.ts'
import type { ChaosRun } from '../chaos-run.ts'
import { mix } from '../random.ts'
import { randomLives } from '../random-kills.ts'
import type { RandomKillOptions } from '../random-kills.ts'
import { superviseRun } from '../supervisor.ts'
import type { Life } from '../supervisor.ts'
import type { FaultyS3 } from './faulty-s3.ts'
import { s3FileSystemOf } from './s3-place.ts'
import type { S3Place } from './s3-place.ts'

interface Kind {
  readonly name: string
  readonly input: boolean
  readonly settings: Pick<ChaosRun, 'job' | 'backend' | 'snapshots'>
}

/** Files to S3, S3 to S3, and state on S3, whole and as increments; checkpoints on S3 in all of them. */
const KINDS: readonly Kind[] = [
  { name: 'file-to-s3', input: false, settings: { job: 'file-to-file', backend: 'heap', snapshots: 'full' } },
  { name: 's3-to-s3', input: true, settings: { job: 'file-to-file', backend: 'heap', snapshots: 'full' } },
  { name: 'state-on-s3', input: false, settings: { job: 'keyed-count', backend: 'heap', snapshots: 'full' } },
  { name: 'increments-on-s3', input: false, settings: { job: 'keyed-count', backend: 'leveldb', snapshots: 'incremental' } },
]

export const S3_KINDS: readonly string[] = KINDS.map(({ name }) => name)

/** Each kind once, killed at moments that the seed chooses. */
export function s3Kills({ seed, round, killsPerRun, faulty }: RandomKillOptions & { readonly faulty: FaultyS3 }): readonly ChaosCase[] {
  return KINDS.map(({ name }, index) => ({
    name: `kills/s3/${name}`,
    async run(directory) {
      const runSeed = mix(seed, round, index) % 1_000_000
      const run = s3Run(name, faulty, { seed: runSeed, directory, rescales: (round + index) % 2 === 1 })
      return runOnS3(run, randomLives(runSeed, killsPerRun))
    },
  }))
}

/** A run of this kind in a place of its own. */
export function s3Run(kind: string, { server, bucket }: FaultyS3, settings: Pick<ChaosRun, 'seed' | 'directory'> & Partial<ChaosRun>): ChaosRun & { readonly s3: S3Place } {
  const found = KINDS.find(({ name }) => name === kind)
  if (found === undefined) throw new Error(`no kind of run on S3 is called ${kind}; there are ${S3_KINDS.join(', ')}`)
  const { input } = found
  return { ...chaosRun({ ...found.settings, records: 30_000, checkpointIntervalMs: 250, ...settings }), s3: { server, root: `s3://${bucket}/${randomUUID()}`, input } }
}

/** Exact output, and nothing of an unfinished file after a clean-up. */
export async function runOnS3(run: ChaosRun & { readonly s3: S3Place }, lives: readonly Life[]): Promise<CaseResult> {
  const judged = judgeRun(await superviseRun(run, lives))
  if (!judged.ok) return judged
  const fileSystem = s3FileSystemOf(run.s3)
  const removed = await fileSystem.cleanUp(run.s3.root, { olderThan: '0ms' })
  const left = await fileSystem.cleanUp(run.s3.root, { olderThan: '0ms', dryRun: true })
  const remains = [...left.uploads, ...left.objects, ...left.kept].map(({ path }) => path)
  if (remains.length > 0) return { ...judged, ok: false, detail: `${judged.detail}, but a clean-up has left ${remains.join(', ')}` }
  return { ...judged, detail: `${judged.detail}; ${removed.uploads.length} orphaned uploads and ${removed.objects.length} hidden objects cleaned up` }
}
