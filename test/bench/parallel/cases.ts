import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare, type Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import { parallelJobCases } from './job-cases.ts'
import { pressureCases } from './pressure-cases.ts'
import type { ShuffleReport } from './shuffle-process.ts'

const PROCESS = fileURLToPath(new URL('shuffle-process.ts', import.meta.url))
const PROCESSES = 5

interface ShuffleCase {
  readonly name: string
  readonly variant: string
  readonly baseline: string
  readonly records: number
  readonly target: Target
}

/** Times both ways in turn, each run in a process of its own, by the wall clock: two threads are to be busy at once. */
function shuffleCase({ name, variant, baseline, records, target }: ShuffleCase): MeasureCase {
  return {
    kind: 'measure',
    name,
    async measure() {
      const [ours, theirs]: [number[], number[]] = [[], []]
      for (let run = 0; run < PROCESSES; run++) {
        const [our, their] = [await shuffle(variant, records), await shuffle(baseline, records)]
        if (our.rows !== records || our.digest !== their.digest) throw new Error(`${name}: ${variant} delivered ${our.rows} rows, digest ${our.digest}, ${baseline} ${their.rows}, digest ${their.digest}`)
        ours.push(our.rate)
        theirs.push(their.rate)
      }
      return { line: compare(name, 'records/s', baseline, ours, theirs), target }
    },
  }
}

async function shuffle(variant: string, records: number): Promise<ShuffleReport> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, PROCESS, variant, String(records)])
  return JSON.parse(stdout) as ShuffleReport
}

export const parallelCases: readonly MeasureCase[] = [
  shuffleCase({
    name: 'parallel/shuffle-typed',
    variant: 'typed',
    baseline: 'bare ring',
    records: 8_000_000,
    target: { text: '≥ 4 M/s, ratio ≥ 0.5', met: ({ ours, ratio }) => ours >= 4e6 && ratio >= 0.5 },
  }),
  shuffleCase({
    name: 'parallel/shuffle-generic',
    variant: 'generic',
    baseline: 'structured clone',
    records: 3_000_000,
    target: { text: '≥ 1.5 M/s', met: ({ ours }) => ours >= 1.5e6 },
  }),
  ...parallelJobCases,
  ...pressureCases,
]
