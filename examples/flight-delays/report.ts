import { outputLines } from './output-files.ts'
import type { AirportDay } from './schema.ts'

const FEWEST_FLIGHTS = 50

/** The airport-days with the worst mean delay, as a table in plain text. */
export async function worstAirportDays(out: string, rows = 10): Promise<string> {
  const days = (await outputLines(`${out}/daily`)).map((line) => JSON.parse(line) as Omit<AirportDay, 'day'> & { readonly day: string | number })
  const worst = days
    .filter(({ flights }) => flights >= FEWEST_FLIGHTS)
    .toSorted((a, b) => b.meanDelay - a.meanDelay)
    .slice(0, rows)
  const cells = worst.map(({ day, origin, airport, flights, meanDelay, maxDelay, p95Delay }) => [
    new Date(day).toISOString().slice(0, 10),
    origin,
    (airport ?? 'unknown').slice(0, 36),
    String(flights),
    meanDelay.toFixed(1),
    p95Delay.toFixed(1),
    String(maxDelay),
  ])
  return table(['day', 'from', 'airport', 'flights', 'mean min', 'p95 min', 'max min'], cells)
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  const line = (row: readonly string[]): string => row.map((cell, column) => (column < 3 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')
  return [line(header), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}
