import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare } from '../bench-line.ts'
import type { Target } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import type { SnapshotReport } from './snapshot-worker.ts'

const WORKER = fileURLToPath(new URL('snapshot-worker.ts', import.meta.url))
const TIMES = 5
type Backend = 'heap' | 'leveldb'

const measured = new Map<Backend, Promise<readonly SnapshotReport[]>>()

/** Once for all cases: one run tells everything. */
function reports(backend: Backend): Promise<readonly SnapshotReport[]> {
  let found = measured.get(backend)
  if (found === undefined) {
    found = runs(backend)
    measured.set(backend, found)
  }
  return found
}

async function runs(backend: Backend): Promise<readonly SnapshotReport[]> {
  const found: SnapshotReport[] = []
  for (let left = TIMES; left > 0; left--) {
    const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, WORKER, backend])
    found.push(JSON.parse(stdout) as SnapshotReport)
  }
  return found
}

const rate = ({ bytes, snapshotMs }: SnapshotReport): number => bytes / 1e6 / (snapshotMs / 1000)
const atMost = (ratio: number): Target => ({ text: `ratio ≤ ${ratio}`, met: (line) => line.ratio <= ratio })

function snapshotCase(name: string, unit: string, backend: Backend, ours: (report: SnapshotReport) => number, baseline: string, theirs: (report: SnapshotReport) => number, target?: Target): MeasureCase {
  const bench = `state/${name}-${backend}`
  return {
    kind: 'measure',
    name: bench,
    async measure() {
      const found = await reports(backend)
      const line = compare(bench, unit, baseline, found.map(ours), found.map(theirs))
      return target === undefined ? { line } : { line, target }
    },
  }
}

/** Million-key snapshots and restores: rate of what is written, the task's stalls meanwhile, and the time to start from one. */
export const snapshotCases: readonly MeasureCase[] = (['heap', 'leveldb'] as const).flatMap((backend) => [
  snapshotCase('snapshot-1m', 'MB/s', backend, rate, 'a goal of 20', () => 20),
  snapshotCase('snapshot-1m-slice', 'ms', backend, (report) => report.longestSliceMs, 'the limit', () => 5, atMost(1)),
  snapshotCase('snapshot-1m-slice-own', 'ms', backend, (report) => report.longestSliceOwnMs, 'the limit', () => 5),
  snapshotCase('snapshot-1m-stall', 'ms', backend, (report) => report.stallMs, 'without a snapshot', (report) => report.calmStallMs, atMost(1.3)),
  snapshotCase('restore-1m', 's', backend, (report) => report.restoreMs / 1000, 'the limit', () => (backend === 'heap' ? 3 : 5), atMost(1)),
])
