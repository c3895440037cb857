import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Narrow rows, about 75 bytes. */
export const jsonReadLines: RateCase = {
  kind: 'rate',
  name: 'json/read-lines',
  records: 1_500_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./json-read-lines-variants.ts')).ours(),
    'parse-per-line': async () => (await import('./json-read-lines-variants.ts')).parsePerLine(),
  },
  baselines: { 'parse-per-line': atLeast(1.15) },
}
