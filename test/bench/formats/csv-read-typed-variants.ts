import { csv } from '@millrace/format-csv'
import type { Outcome, Variant } from '../rate-case.ts'
import { NUMBER_COLUMNS, NumberRow, NumberTally, numberFile } from './csv-number-data.ts'
import { csvReadTyped } from './csv-read-typed.ts'
import { queryOnOneThread } from './duckdb-row.ts'
import { readWithFormat } from './read-with-format.ts'
import { readWithUdsv } from './read-with-udsv.ts'

type Fields = readonly [number, number, number, number, number, number]

export function ours(): Variant {
  return reading(async (path) => {
    const tally = new NumberTally()
    await readWithFormat(csv(NumberRow).fileReader, path, (row) => tally.take(row.id, row.amount, row.price, row.score, row.count, row.reading))
    return tally.outcome()
  })
}

export function udsvTyped(): Variant {
  return reading(async (path) => {
    const tally = new NumberTally()
    await readWithUdsv<Fields>(path, 'typedArrs', (row) => tally.take(...row))
    return tally.outcome()
  })
}

export function duckdbAggregate(): Variant {
  return reading(async (path) => {
    const [row] = await queryOnOneThread(
      `SELECT count(*), sum(id) + sum(amount) + sum(price) + sum(score) + sum("count") + sum(reading) FROM read_csv('${path}', header = true, columns = ${NUMBER_COLUMNS})`,
    )
    return { rows: Number(row?.[0]), digest: Number(row?.[1]) }
  })
}

function reading(read: (path: string) => Promise<Outcome>): Variant {
  return {
    async prepare() {
      await numberFile(csvReadTyped.records)
      await numberFile(csvReadTyped.fewerRecords)
    },
    run: async (records) => read(await numberFile(records)),
  }
}
