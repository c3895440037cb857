import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Narrow rows, about 75 bytes. */
const narrow: RateCase = {
  kind: 'rate',
  name: 'json/read-lines',
  records: 1_500_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./json-read-lines-variants.ts')).readClicks(),
    'parse-per-line': async () => (await import('./json-read-lines-variants.ts')).parseClicks(),
  },
  baselines: { 'parse-per-line': atLeast(1.15) },
}

/** Nested rows with texts, about 330 bytes. */
const wide: RateCase = {
  kind: 'rate',
  name: 'json/read-wide-lines',
  records: 400_000,
  fewerRecords: 50_000,
  variants: {
    ours: async () => (await import('./json-read-lines-variants.ts')).readPages(),
    'parse-per-line': async () => (await import('./json-read-lines-variants.ts')).parsePages(),
  },
  baselines: { 'parse-per-line': atLeast(1) },
}

export const jsonCases: readonly RateCase[] = [narrow, wide]
