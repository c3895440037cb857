import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** 150 MB. Rows of strings: ours as objects, udsv as arrays, csv-parse as arrays. */
export const csvReadText: RateCase = {
  kind: 'rate',
  name: 'csv/read-text',
  records: 750_000,
  fewerRecords: 60_000,
  variants: {
    ours: async () => (await import('./csv-read-text-variants.ts')).ours(),
    udsv: async () => (await import('./csv-read-text-variants.ts')).udsv(),
    'csv-parse': async () => (await import('./csv-read-text-variants.ts')).csvParse(),
  },
  baselines: { udsv: atLeast(1.1), 'csv-parse': atLeast(4) },
  slow: ['csv-parse'],
}
