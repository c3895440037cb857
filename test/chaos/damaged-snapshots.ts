import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { decodeCheckpointMetadata, filesOf } from '../../packages/core/src/runtime/checkpoint/checkpoint-metadata.ts'
import { decodeMetadataFile } from '../../packages/core/src/runtime/checkpoint/storage/metadata-file.ts'
import { chaosRun, type CaseResult, type ChaosCase } from './chaos-case.ts'
import { checkpointDirectory, outputDirectory, type ChaosRun } from './chaos-run.ts'
import { chaosJob } from './jobs/all-jobs.ts'
import { compareLines, publishedLines } from './output.ts'
import { mix } from './random.ts'
import { inAHurry, runProcess } from './supervisor.ts'

interface Damage {
  readonly name: string
  apply(path: string, bytes: Buffer): Promise<void>
}

const DAMAGES: readonly Damage[] = [
  { name: 'cut in half', apply: (path, bytes) => writeFile(path, bytes.subarray(0, bytes.length >> 1)) },
  { name: 'cut by its last byte', apply: (path, bytes) => writeFile(path, bytes.subarray(0, -1)) },
  { name: 'empty', apply: (path) => writeFile(path, '') },
  ...[0, 0.2, 0.5, 0.8, 1].map((place): Damage => ({ name: `with a bit flipped at ${place}`, apply: (path, bytes) => writeFile(path, withFlippedBit(bytes, place)) })),
  { name: 'missing', apply: (path) => rm(path) },
]

/** A damaged file of a checkpoint is refused by name, and restoring the file makes the job go on exactly. */
export function damagedSnapshots(seed: number): readonly ChaosCase[] {
  const runs = [{ job: 'keyed-count', snapshots: 'full' }, { job: 'tumbling', snapshots: 'full' }, { job: 'keyed-count', snapshots: 'incremental' }] as const
  return runs.map(({ job, snapshots }, index) => ({
    name: `damage/${snapshots}/${job}`,
    run: (directory) => runWithDamage(chaosRun({ job, seed: mix(seed, index, 7) % 1_000_000, directory, snapshots, records: 20_000 })),
  }))
}

export async function runWithDamage(run: ChaosRun, damages: readonly string[] = DAMAGES.map(({ name }) => name)): Promise<CaseResult> {
  const first = await runProcess(run, { kind: 'afterCheckpoint', delayMs: 300 })
  if (!first.killed) return { ok: false, detail: `the first process was not killed: ${first.stderr}` }
  const root = `${checkpointDirectory(run)}/${run.job}`
  const checkpoint = await newestCheckpoint(root)
  const stateFiles = await filesOfOneSubtask(checkpoint)
  const backup = `${run.directory}/backup`
  await cp(root, backup, { recursive: true })
  const problems: string[] = []
  let refused = 0
  for (const name of [...stateFiles, '_metadata']) {
    const path = join(checkpoint, name)
    const bytes = await readFile(path)
    for (const damage of DAMAGES.filter((each) => damages.includes(each.name))) {
      await damage.apply(path, bytes)
      // a directory without metadata is no checkpoint: `latest` does not see it, and the next process clears it away
      const flags = name === '_metadata' && damage.name === 'missing' ? ['--from', checkpoint] : []
      const { exitCode, stderr } = await runProcess(run, { kind: 'afterCheckpoint', delayMs: 0 }, flags)
      if (exitCode !== null && exitCode !== 0 && /CKPT_(CORRUPT|NOT_FOUND)/.test(stderr) && stderr.includes(path)) refused++
      else problems.push(`${name} ${damage.name}: expected a refusal that names ${path}, found ${exitCode ?? 'a job that ran'}: ${stderr.trim()}`)
      await rm(root, { recursive: true })
      await cp(backup, root, { recursive: true })
    }
  }
  const end = await runProcess({ ...inAHurry(run), life: 1 }, { kind: 'toTheEnd' })
  if (end.exitCode !== 0) problems.push(`with whole files again: ${end.stderr}`)
  const difference = compareLines(chaosJob(run.job).expected(run), await publishedLines(outputDirectory(run)))
  if (difference !== undefined) problems.push(`with whole files again: ${difference.missing} lines missing, ${difference.surplus} too many`)
  return problems.length === 0 ? { ok: true, detail: `${refused} damaged files refused by name, exact with whole ones again` } : { ok: false, detail: problems.join('\n  ') }
}

/** Of the first that has state: one file, or the full one and the newest changes of an incremental checkpoint. */
async function filesOfOneSubtask(checkpoint: string): Promise<readonly string[]> {
  const { metadata } = decodeMetadataFile(await readFile(`${checkpoint}/_metadata`), checkpoint)
  const keyed = decodeCheckpointMetadata(metadata, checkpoint).operators.flatMap(({ subtasks }) => subtasks.flatMap((subtask) => subtask.keyed ?? []))
  const files = filesOf(keyed.find(({ base }) => base !== undefined) ?? (keyed[0] as (typeof keyed)[0])).map(({ path }) => path)
  return [...new Set([files[0], files.at(-1)])] as readonly string[]
}

async function newestCheckpoint(root: string): Promise<string> {
  const names = (await readdir(root)).filter((name) => name.startsWith('chk-')).toSorted((a, b) => Number(/\d+/.exec(b)?.[0]) - Number(/\d+/.exec(a)?.[0]))
  for (const name of names) if ((await readdir(`${root}/${name}`)).includes('_metadata')) return `${root}/${name}`
  throw new Error(`expected a completed checkpoint below ${root}, found none`)
}

function withFlippedBit(bytes: Buffer, place: number): Buffer {
  const damaged = Buffer.from(bytes)
  const index = Math.min(damaged.length - 1, Math.floor(damaged.length * place))
  damaged[index] = (damaged[index] as number) ^ 4
  return damaged
}
