import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { atLeast, compare } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { turnsFor } from './work.ts'

const PROCESS = fileURLToPath(new URL('job-process.ts', import.meta.url))
const BARE_PROCESS = fileURLToPath(new URL('bare-map-process.ts', import.meta.url))
const PROCESSES = 5

const ranMs = (job: string, options: object): Promise<number> => ranIn(PROCESS, job, JSON.stringify(options))
const ranBareMs = (threads: number, records: number, turns: number): Promise<number> => ranIn(BARE_PROCESS, String(threads), String(records), String(turns))

async function ranIn(script: string, ...args: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, script, ...args])
  return (JSON.parse(stdout) as { readonly ranMs: number }).ranMs
}

/** 20 µs of work a record in two threads, against the same in one; and what threads without an engine make of it on this machine. */
const cpuMap: MeasureCase = {
  kind: 'measure',
  name: 'parallel/cpu-map',
  async measure() {
    const params = { records: 400_000, turns: turnsFor(20) }
    const rate = async (shape: object): Promise<number> => (params.records * 1000) / (await ranMs('cpu-map-job', { ...shape, params }))
    const bareRate = async (threads: number): Promise<number> => (params.records * 1000) / (await ranBareMs(threads, params.records, params.turns))
    const [ours, theirs, bareTwo, bareOne]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let run = 0; run < PROCESSES; run++) {
      theirs.push(await rate({ parallelism: 1 }))
      ours.push(await rate({ parallelism: 2, workers: 2 }))
      bareOne.push(await bareRate(1))
      bareTwo.push(await bareRate(2))
    }
    return [
      { line: compare('parallel/cpu-map', 'records/s', 'one thread', ours, theirs), target: atLeast(1.8) },
      { line: compare('parallel/cpu-map', 'records/s', 'two bare threads', ours, bareTwo) },
      { line: compare('parallel/cpu-map-bare', 'records/s', 'one bare thread', bareTwo, bareOne) },
    ]
  },
}

/** 99th percentile of the time from a record's making to its processing behind one shuffle, at half of the rate that is possible. */
const latency: MeasureCase = {
  kind: 'measure',
  name: 'parallel/latency',
  async measure() {
    const shape = { parallelism: 2, workers: 2 }
    const full = 2_000_000
    const possible = (full * 1000) / (await withOut((out) => ranMs('latency-job', { ...shape, params: { records: full, recordsPerSecond: null, out } })))
    const recordsPerSecond = Math.round(possible / 2)
    const p99 = (options: object): Promise<number> =>
      withOut(async (out) => {
        await ranMs('latency-job', { ...options, params: { records: recordsPerSecond * 3, recordsPerSecond, out } })
        const reports = await Promise.all([0, 1].map(async (subtask) => JSON.parse(await readFile(`${out}-${subtask}.json`, 'utf8')) as { readonly p99: number }))
        return Math.max(...reports.map((report) => report.p99))
      })
    const [ours, theirs]: [number[], number[]] = [[], []]
    for (let run = 0; run < PROCESSES; run++) {
      ours.push(await p99(shape))
      theirs.push(await p99({ parallelism: 2 }))
    }
    return { line: compare('parallel/latency', 'ms', 'one thread', ours, theirs), target: { text: 'p99 ≤ 15 ms', met: (line) => line.ours <= 15 } }
  },
}

async function withOut<T>(body: (out: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-latency-'))
  try {
    return await body(join(directory, 'latency'))
  } finally {
    await rm(directory, { recursive: true })
  }
}

export const parallelJobCases: readonly MeasureCase[] = [cpuMap, latency]
