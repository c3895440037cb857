import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Clicks of a container file without compression, which takes both equally long; avsc by its decoder stream. So many that compiling is no large part. */
const readFile: RateCase = {
  kind: 'rate',
  name: 'avro/read-file',
  records: 4_000_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./avro-variants.ts')).readOurs(),
    'avsc-stream': async () => (await import('./avro-variants.ts')).readAvsc(),
  },
  baselines: { 'avsc-stream': atLeast(1.3) },
}

/** Clicks as messages, each in bytes of its own. */
const encode: RateCase = {
  kind: 'rate',
  name: 'avro/encode',
  records: 3_000_000,
  fewerRecords: 100_000,
  variants: {
    ours: async () => (await import('./avro-variants.ts')).encodeOurs(),
    'avsc-toBuffer': async () => (await import('./avro-variants.ts')).encodeAvsc(),
  },
  baselines: { 'avsc-toBuffer': atLeast(1.4) },
}

export const avroCases: readonly RateCase[] = [readFile, encode]
