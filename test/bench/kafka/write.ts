import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

/** Values of 100 bytes into four partitions, until all are acknowledged by all replicas. */
export const kafkaWrite: RateCase = {
  kind: 'rate',
  name: 'kafka/write',
  records: 1_000_000,
  fewerRecords: 100_000,
  provide: async () => (await import('./broker.ts')).provideBroker(),
  variants: {
    ours: async () => (await import('./write-variants.ts')).ours(),
    'kafkajs send': async () => (await import('./write-variants.ts')).kafkajsSend(),
    '@platformatic/kafka': async () => (await import('./write-variants.ts')).platformatic(),
  },
  baselines: { 'kafkajs send': atLeast(8), '@platformatic/kafka': undefined },
}
