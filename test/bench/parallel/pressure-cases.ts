import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare } from '../bench-line.ts'
import { writePlot } from '../line-plot.ts'
import type { MeasureCase } from '../measure-case.ts'
import type { Sample } from './sampled-process.ts'
import { turnsFor } from './work.ts'

const PROCESS = fileURLToPath(new URL('sampled-process.ts', import.meta.url))
const SHAPE = { parallelism: 2, workers: 2 }
const MAX_MB = 300
const MAX_SLOPE_MB_PER_S = 0.5
const MAX_CHECKPOINT_MS = 5000

async function samplesOf(options: object): Promise<readonly Sample[]> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, PROCESS, 'slow-sink-job', JSON.stringify({ ...SHAPE, ...options })], { maxBuffer: 1 << 26 })
  return JSON.parse(stdout) as readonly Sample[]
}

/** Resident memory while a source would be ten times as fast as the sinks behind it. */
const memory: MeasureCase = {
  kind: 'measure',
  name: 'parallel/memory',
  async measure() {
    const samples = await samplesOf({ params: { records: 50_000_000, turns: turnsFor(1.5) } })
    const steady = samples.slice(Math.floor(samples.length * 0.3))
    const slope = slopeOf(steady.map(({ ms, rssMb }) => [ms / 1000, rssMb]))
    const plot = await writePlot('parallel-memory', {
      title: `50 M rows into slow sinks: ${slope.toFixed(2)} MB a second after warm-up`,
      xLabel: 'seconds',
      yLabel: 'resident MB',
      limit: MAX_MB,
      series: [{ name: 'memory', color: '#06c', points: samples.map(({ ms, rssMb }) => [ms / 1000, rssMb]) }],
    })
    process.stderr.write(`${plot}\n`)
    return {
      line: compare('parallel/memory', 'MB', 'limit', [Math.max(...samples.map(({ rssMb }) => rssMb))], [MAX_MB]),
      target: { text: `≤ ${MAX_MB} MB, at most ${MAX_SLOPE_MB_PER_S} MB/s of growth (${slope.toFixed(2)})`, met: (line) => line.ours <= MAX_MB && slope <= MAX_SLOPE_MB_PER_S },
    }
  },
}

interface Pressure {
  readonly name: string
  readonly color: string
  /** Of work for each record. */
  readonly micros: number
  readonly records: number
  readonly bufferDebloatTarget: string
}

const DEBLOATED: readonly Pressure[] = [
  { name: 'with debloating, 1 ms', color: '#06c', micros: 1000, records: 50_000, bufferDebloatTarget: '1s' },
  { name: 'with debloating, 10 ms', color: '#0a6', micros: 10_000, records: 2500, bufferDebloatTarget: '1s' },
]
const BLOATED: Pressure = { name: 'without, 1 ms', color: '#c60', micros: 1000, records: 50_000, bufferDebloatTarget: '0ms' }

/** How long checkpoints take while all channels are full of records that take one or ten milliseconds each. */
const checkpointDuration: MeasureCase = {
  kind: 'measure',
  name: 'parallel/checkpoint-duration',
  async measure() {
    const debloated: (readonly Sample[])[] = []
    for (const pressure of DEBLOATED) debloated.push(await checkpointsUnder(pressure))
    const bloated = await checkpointsUnder(BLOATED)
    const plot = await writePlot('parallel-checkpoint-duration', {
      title: 'Checkpoints behind full channels, by the work a record takes',
      xLabel: 'seconds',
      yLabel: 'milliseconds from trigger to completion',
      limit: MAX_CHECKPOINT_MS,
      series: [...DEBLOATED, BLOATED].map(({ name, color }, index) => ({
        name,
        color,
        points: (debloated[index] ?? bloated).map(({ ms, lastCheckpointMs }): readonly [number, number] => [ms / 1000, lastCheckpointMs]),
      })),
    })
    process.stderr.write(`${plot}\n`)
    const durations = (samples: readonly Sample[]): readonly number[] => samples.map(({ lastCheckpointMs }) => lastCheckpointMs)
    return {
      line: compare('parallel/checkpoint-duration', 'ms', 'without debloating', durations(debloated.flat()), durations(bloated)),
      target: { text: `each ≤ ${MAX_CHECKPOINT_MS} ms`, met: (line) => line.max <= MAX_CHECKPOINT_MS },
    }
  },
}

/** The first sample that shows each checkpoint, but for the last one, which is taken behind the end of the data. */
async function checkpointsUnder({ name, micros, records, bufferDebloatTarget }: Pressure): Promise<readonly Sample[]> {
  const storage = await mkdtemp(join(tmpdir(), 'millrace-pressure-'))
  try {
    const samples = await samplesOf({ params: { records, turns: turnsFor(micros) }, checkpoints: { storage, interval: '500ms' }, bufferDebloatTarget })
    const completed = samples.filter(({ checkpoints }, index) => checkpoints > (samples[index - 1]?.checkpoints ?? 0)).slice(0, -1)
    if (completed.length === 0) throw new Error(`${name}: no checkpoint was completed in ${Math.round((samples.at(-1)?.ms ?? 0) / 1000)} s, before all records were behind it`)
    return completed
  } finally {
    await rm(storage, { recursive: true })
  }
}

/** Of the line with the least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0)
  return points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread
}

export const pressureCases: readonly MeasureCase[] = [memory, checkpointDuration]
