import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { submit } from '@millrace/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { outputLines } from '../../examples/flight-delays/output-files.ts'
import { AIRPORTS, FLIGHTS } from '../../examples/flight-delays/paths.ts'
import { type DailyRow, expectedOutput, type WeeklyRow, writeShuffledFlights } from './flight-delays-oracle.ts'

describe('the main job agrees with DuckDB row for row', () => {
  let directory: string
  let expected: Awaited<ReturnType<typeof expectedOutput>>

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'flight-delays-'))
    expected = await expectedOutput()
    await writeShuffledFlights(`${directory}/shuffled.parquet`)
  }, 60_000)

  afterAll(async () => rm(directory, { recursive: true, force: true }))

  it.each([
    { name: 'as it is, parallelism 1', flights: FLIGHTS, parallelism: 1 },
    { name: 'as it is, parallelism 4', flights: FLIGHTS, parallelism: 4 },
    { name: 'shuffled within the watermark bound, parallelism 1', flights: 'shuffled.parquet', parallelism: 1 },
    { name: 'shuffled within the watermark bound, parallelism 4', flights: 'shuffled.parquet', parallelism: 4 },
    { name: 'shuffled within the watermark bound, parallelism 4 in two workers', flights: 'shuffled.parquet', parallelism: 4, workers: 2 },
    { name: 'as it is, parallelism 7 in three workers', flights: FLIGHTS, parallelism: 7, workers: 3 },
  ])('$name', { timeout: 120_000 }, async ({ flights, parallelism, workers = 0 }) => {
    const out = await mkdtemp(join(directory, 'out-'))
    const client = await submit(new URL('../../examples/flight-delays/job.ts', import.meta.url), {
      workers,
      params: { flights: flights === FLIGHTS ? flights : `${directory}/${flights}`, airports: AIRPORTS, out },
      parallelism,
      checkpoints: { storage: `${out}/checkpoints`, interval: '500ms' },
    })
    const result = await client.done
    expect(result.recordsLate).toBe(0)
    expect(result.recordsRejected).toBe(1)
    await expectOutput(out, expected)
    const [deadLetter, ...others] = (await outputLines(`${out}/dead-letters`)).map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(others).toEqual([])
    expect(deadLetter).toMatchObject({ line: 3, code: expect.stringMatching(/^CSV_/) as string })
  })
})

async function expectOutput(out: string, expected: Awaited<ReturnType<typeof expectedOutput>>): Promise<void> {
  const daily = (await outputLines(`${out}/daily`)).map((line) => JSON.parse(line) as DailyRow).map((row) => ({ ...row, day: new Date(row.day).getTime() }))
  const weekly = (await outputLines(`${out}/weekly`)).filter((line) => !line.startsWith('origin')).map(weeklyRow)
  const byOriginAnd = (time: 'day' | 'lastDay') => (a: object, b: object) => compare(a, b, 'origin') || compare(a, b, time)
  expect(rounded(daily.toSorted(byOriginAnd('day')))).toEqual(rounded(expected.daily))
  expect(rounded(weekly.toSorted(byOriginAnd('lastDay')))).toEqual(rounded(expected.weekly))
}

function weeklyRow(line: string): WeeklyRow {
  const [origin = '', lastDay = '', flights, meanDelay] = line.split(',')
  return { origin, lastDay: new Date(lastDay).getTime(), flights: Number(flights), meanDelay: Number(meanDelay) }
}

function compare(a: object, b: object, field: string): number {
  const [left, right] = [(a as Record<string, string | number>)[field] ?? '', (b as Record<string, string | number>)[field] ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}

/** Both sides divide and interpolate in floating point; what may differ is the last bit, also around zero. */
function rounded(rows: readonly object[]): readonly object[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? Math.round(value * 1e9) / 1e9 + 0 : (value as unknown)])))
}
