import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, inject, test } from 'vitest'
import { FLIGHTS } from '../../examples/flight-delays/paths.ts'
import { rowsOf, withDuckDb } from '../e2e/duckdb.ts'

const broker = inject('kafka')
const BEFORE = '2001-01-05'

/** As `npm run example:kafka -- --brokers …` does, over four days of flights. */
describe.skipIf(!broker.available)('the Kafka example', () => {
  test('shows what DuckDB computes from the same flights', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=@millrace/source', 'examples/kafka/main.ts', '--brokers', broker.plain, '--before', BEFORE])
    const [total, days, worst] = await withDuckDb(async (connection) => {
      const flights = `(select origin, strftime(date, '%Y-%m-%d') as day, delay from '${FLIGHTS}' where date < '${BEFORE}')`
      const perDay = `(select origin, day, count(*)::int as flights, avg(delay) as mean from ${flights} group by origin, day)`
      return [
        await rowsOf(connection, `select count(*)::int as n from ${flights}`),
        await rowsOf(connection, `select count(*)::int as n from ${perDay}`),
        await rowsOf(connection, `select * from ${perDay} where flights >= 50 order by mean desc limit 10`),
      ]
    })
    const number = (rows: readonly Readonly<Record<string, unknown>>[] | undefined): string => Number(rows?.[0]?.['n']).toLocaleString('en')
    expect(stdout).toContain(`${number(total)} flights in`)
    expect(stdout).toContain(`${number(days)} airport-days`)
    const shown = stdout.split('\n').flatMap((line) => /^ {2}(\S+) {2}(\S+) +(\d+) flights, +([\d.-]+) min/.exec(line)?.slice(1).join(' ') ?? [])
    expect(shown).toEqual((worst ?? []).map(({ day, origin, flights, mean }) => `${String(day)} ${String(origin)} ${Number(flights)} ${Number(mean).toFixed(1)}`))
    expect(shown).toHaveLength(10)
  }, 120_000)
})
