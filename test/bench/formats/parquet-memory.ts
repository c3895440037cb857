import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { compare } from '../bench-line.ts'
import type { Comparison } from '../bench-line.ts'
import type { MeasureCase } from '../measure-case.ts'
import type { MemoryReport } from './parquet-memory-worker.ts'

const WORKER = fileURLToPath(new URL('parquet-memory-worker.ts', import.meta.url))
const [MANY, FEW] = [20_000_000, 2_000_000] as const
const MOST_MB = 600

/** Peak resident memory over a file of 20 million rows, beside that over a tenth of them: it must not grow with the file. */
function memoryCase(mode: 'write' | 'read'): MeasureCase {
  return {
    kind: 'measure',
    name: `parquet/${mode}-memory`,
    async measure(): Promise<Comparison> {
      const directory = mkdtempSync(join(tmpdir(), 'millrace-parquet-'))
      const peak = async (rows: number): Promise<number> => {
        const path = join(directory, 'visits.parquet')
        const written = await work('write', rows, path)
        return mode === 'write' ? written : work('read', rows, path)
      }
      try {
        const [few, many] = [await peak(FEW), await peak(MANY)]
        return { line: compare(`parquet/${mode}-memory`, 'MB', 'a tenth of the rows', [many], [few]), target: { text: `≤ ${MOST_MB} MB and flat`, met: ({ ours, ratio }) => ours <= MOST_MB && ratio <= 1.3 } }
      } finally {
        rmSync(directory, { recursive: true })
      }
    },
  }
}

async function work(mode: 'write' | 'read', rows: number, path: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, WORKER, mode, String(rows), path])
  const report = JSON.parse(stdout) as MemoryReport
  if (report.rows !== rows) throw new Error(`expected ${rows} rows, found ${report.rows}`)
  return report.peakMb
}

export const memoryCases: readonly MeasureCase[] = [memoryCase('write'), memoryCase('read')]
