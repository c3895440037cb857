import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { consoleConsumer } from '../services/kafka/console-consumer.ts'
import { outputDirectory, toEnvironment, type ChaosRun, type Failpoint } from './chaos-run.ts'
import { chaosJob } from './jobs/all-jobs.ts'
import { compareLines, publishedLines, type OutputDifference } from './output.ts'
import { fileSystemOf } from './s3/s3-place.ts'

/** How one process of a run ends: at a failpoint, some time after its start or its first checkpoint, or by itself. */
export type Life =
  | { readonly kind: 'failpoint'; readonly failpoint: Failpoint }
  | { readonly kind: 'afterStart'; readonly delayMs: number }
  | { readonly kind: 'afterCheckpoint'; readonly delayMs: number }
  | { readonly kind: 'toTheEnd' }

export interface ProcessEnd {
  readonly killed: boolean
  readonly exitCode: number | null
  readonly completedCheckpoints: number
  readonly stderr: string
}

export interface RunReport {
  readonly run: ChaosRun
  /** Kills between the first completed checkpoint of the run and its end. */
  readonly countedKills: number
  /** Those before it, after which the job started anew. */
  readonly earlyKills: number
  readonly checkpoints: number
  /** Lives that were to end at a failpoint and ended by themselves. */
  readonly missedFailpoints: readonly string[]
  /** Present if a process failed by itself: what it said. */
  readonly failure?: string
  readonly difference?: OutputDifference
}

const PROGRAM = fileURLToPath(new URL('./job-process.ts', import.meta.url))
/** Shared by all processes, which start twice as fast with it. */
const COMPILE_CACHE = join(tmpdir(), 'millrace-chaos-compile-cache')
/** A process that lives longer hangs. */
const MAX_LIFE_MS = 120_000

export interface RunningProcess {
  kill(signal: NodeJS.Signals): void
  /** So far. */
  readonly completedCheckpoints: number
  readonly ended: Promise<ProcessEnd>
}

/** `onCheckpoint` is told of completed checkpoints, several at a time if they come together. */
export function startProcess(run: ChaosRun, flags: readonly string[] = [], onCheckpoint: () => void = () => {}): RunningProcess {
  const child = spawn(process.execPath, ['--conditions=@millrace/source', '--disable-warning=ExperimentalWarning', PROGRAM, '--log-level', 'warn', ...flags], {
    cwd: run.directory,
    env: { PATH: process.env['PATH'], TMPDIR: `${run.directory}/tmp`, NODE_COMPILE_CACHE: COMPILE_CACHE, ...toEnvironment(run) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [completedCheckpoints, stderr, hung] = [0, '', false]
  const watchdog = setTimeout(() => {
    hung = true
    child.kill('SIGKILL')
  }, MAX_LIFE_MS)
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const completed = text.match(/^completed /gm)?.length ?? 0
    completedCheckpoints += completed
    if (completed > 0) onCheckpoint()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = `${stderr}${text}`.slice(-8000)
  })
  const ended = new Promise<ProcessEnd>((resolve, reject) => {
    child.on('error', reject).on('close', (exitCode, signal) => {
      clearTimeout(watchdog)
      if (hung) stderr += `\nthe process was still alive after ${MAX_LIFE_MS} ms`
      resolve({ killed: signal === 'SIGKILL' && !hung, exitCode, completedCheckpoints, stderr })
    })
  })
  return {
    kill: (signal) => void child.kill(signal),
    get completedCheckpoints() {
      return completedCheckpoints
    },
    ended,
  }
}

/** Runs one process until it ends or is killed as `life` says. */
export async function runProcess(run: ChaosRun, life: Life, flags: readonly string[] = []): Promise<ProcessEnd> {
  let timer: NodeJS.Timeout | undefined
  const killIn = (delayMs: number): void => {
    timer ??= setTimeout(() => running.kill('SIGKILL'), delayMs)
  }
  const running = startProcess(life.kind === 'failpoint' ? { ...run, failpoint: life.failpoint } : run, flags, () => {
    if (life.kind === 'afterCheckpoint') killIn(life.delayMs)
  })
  if (life.kind === 'afterStart') killIn(life.delayMs)
  const end = await running.ended
  clearTimeout(timer)
  return end
}

export interface SuperviseOptions {
  /** Around the writing of input and the reading of output, by those who are not being tested. */
  readonly inPeace?: <T>(body: () => Promise<T>) => Promise<T>
}

/** Runs a job through these lives and then to its end, and compares what it has published with what it should have. */
export async function superviseRun(run: ChaosRun, lives: readonly Life[], { inPeace = (body) => body() }: SuperviseOptions = {}): Promise<RunReport> {
  const job = chaosJob(run.job)
  await mkdir(`${run.directory}/tmp`, { recursive: true })
  await inPeace(async () => job.prepare?.(run))
  const missedFailpoints: string[] = []
  let [countedKills, earlyKills, checkpoints] = [0, 0, 0]
  const report = (): Omit<RunReport, 'failure' | 'difference'> => ({ run, countedKills, earlyKills, checkpoints, missedFailpoints })
  for (const [life, plan] of [...lives, { kind: 'toTheEnd' } as const].entries()) {
    const end = await runProcess({ ...(plan.kind === 'toTheEnd' ? inAHurry(run) : run), life }, plan)
    checkpoints += end.completedCheckpoints
    if (end.killed) {
      if (checkpoints > 0) countedKills++
      else earlyKills++
      continue
    }
    if (end.exitCode !== 0) return { ...report(), failure: end.stderr || `exit code ${end.exitCode}` }
    if (plan.kind === 'failpoint') missedFailpoints.push(plan.failpoint.name)
    break
  }
  const difference = compareLines(job.expected(run), await inPeace(() => published(run)))
  return { ...report(), ...(difference === undefined ? {} : { difference }) }
}

/** What anybody can see of the output: of a topic, what Kafka's own consumer reads. */
function published(run: ChaosRun): Promise<readonly string[]> {
  if (run.kafka?.output !== undefined) return consoleConsumer(run.kafka, run.kafka.output)
  return publishedLines(outputDirectory(run), fileSystemOf(run, outputDirectory(run)))
}

/** The same run without a limit to its speed, to come to an end. */
export function inAHurry({ recordsPerSecond: _, ...run }: ChaosRun): ChaosRun {
  return run
}
