import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

const [RECORDS, FEWER] = [2_000_000, 100_000]

/** Values of 100 bytes from four partitions, to the end of the topic. */
export const kafkaRead: RateCase = {
  kind: 'rate',
  name: 'kafka/read',
  records: RECORDS,
  fewerRecords: FEWER,
  provide: async () => (await import('./broker.ts')).provideFilledTopics(RECORDS, FEWER),
  variants: {
    ours: async () => (await import('./read-variants.ts')).ours(),
    'kafkajs eachBatch': async () => (await import('./read-variants.ts')).kafkajsEachBatch(),
    '@platformatic/kafka': async () => (await import('./read-variants.ts')).platformatic(),
  },
  baselines: { 'kafkajs eachBatch': atLeast(3), '@platformatic/kafka': undefined },
}
