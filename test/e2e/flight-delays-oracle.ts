import { AIRPORTS, FLIGHTS } from '../../examples/flight-delays/paths.ts'
import { rowsOf, withDuckDb } from './duckdb.ts'

export interface DailyRow {
  readonly origin: string
  readonly airport: string | null
  readonly day: number
  readonly flights: number
  readonly meanDelay: number
  readonly maxDelay: number
  readonly p95Delay: number
}

export interface WeeklyRow {
  readonly origin: string
  readonly lastDay: number
  readonly flights: number
  readonly meanDelay: number
}

const airports = `read_csv([${AIRPORTS.split(',')
  .map((path) => `'${path}'`)
  .join(', ')}], header = true, union_by_name = true, ignore_errors = true)`

/** The main job's two outputs as DuckDB computes them over the same file, ordered. */
export async function expectedOutput(): Promise<{ readonly daily: readonly DailyRow[]; readonly weekly: readonly WeeklyRow[] }> {
  return withDuckDb(async (connection) => {
    const daily = await rowsOf(
      connection,
      `with flights as (select origin, date_trunc('day', date) as day, delay from '${FLIGHTS}'),
            airports as (select iata, any_value(name) as name from ${airports} group by iata)
       select origin, any_value(name) as airport, epoch_ms(day)::double as day, count(*)::double as flights, avg(delay) as "meanDelay",
              max(delay)::double as "maxDelay", quantile_cont(delay, 0.95) as "p95Delay"
       from flights left join airports on iata = origin group by origin, day order by origin, day`,
    )
    const weekly = await rowsOf(
      connection,
      `with days as (select origin, date_trunc('day', date) as day, sum(delay)::double as delay, count(*)::double as flights from '${FLIGHTS}' group by 1, 2),
            windows as (select origin, day + to_days(shift::int) as "lastDay", delay, flights from days, range(0, 7) shifts(shift))
       select origin, epoch_ms("lastDay")::double as "lastDay", sum(flights) as flights, sum(delay) / sum(flights) as "meanDelay"
       from windows group by origin, "lastDay" order by origin, "lastDay"`,
    )
    return { daily: daily as unknown as readonly DailyRow[], weekly: weekly as unknown as readonly WeeklyRow[] }
  })
}

/** A copy of the flights in another order: none is more than 59 minutes behind a later one. */
export async function writeShuffledFlights(path: string): Promise<void> {
  await withDuckDb(async (connection) => {
    await connection.run(
      `copy (select * from '${FLIGHTS}' order by epoch(date) + hash(origin, destination, delay, distance, date) % 3540)
       to '${path}' (format parquet, compression zstd, row_group_size 250000)`,
    )
  })
}
