import { types } from '@millrace/core'
import type { Outcome } from '../rate-case.ts'
import { dataFile, mulberry32 } from './data-file.ts'

export const NumberRow = types.row({ id: types.long(), amount: types.long(), price: types.double(), score: types.double(), count: types.int(), reading: types.double() })

/** The same for DuckDB. */
export const NUMBER_COLUMNS = "{'id': 'BIGINT', 'amount': 'BIGINT', 'price': 'DOUBLE', 'score': 'DOUBLE', 'count': 'INTEGER', 'reading': 'DOUBLE'}"

/** Six numbers a row, about 50 bytes. Fractions are quarters, so that sums are exact in any order. */
export function numberFile(records: number): Promise<string> {
  const random = mulberry32(11)
  return dataFile('numbers.csv', records, 'id,amount,price,score,count,reading\n', (index) => {
    const quarter = (scale: number): string => ((random() % (scale * 4)) / 4).toFixed(2)
    return `${index},${random() % 10_000_000},${quarter(100_000)},-${quarter(1000)},${random() % 1000},${quarter(1_000_000)}\n`
  })
}

export class NumberTally {
  #rows = 0
  #sum = 0

  take(id: number, amount: number, price: number, score: number, count: number, reading: number): void {
    this.#rows++
    this.#sum += id + amount + price + score + count + reading
  }

  outcome(): Outcome {
    return { rows: this.#rows, digest: this.#sum }
  }
}
