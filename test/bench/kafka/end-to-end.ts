import { atLeast } from '../bench-line.ts'
import type { RateCase } from '../rate-case.ts'

const [RECORDS, FEWER] = [1_000_000, 100_000]

/** Kafka → count by key → Kafka, a row per record; exactly once with a checkpoint every second, and with no guarantee at all. */
export const kafkaEndToEnd: RateCase = {
  kind: 'rate',
  name: 'kafka/end-to-end',
  records: RECORDS,
  fewerRecords: FEWER,
  provide: async () => (await import('./broker.ts')).provideFilledTopics(RECORDS, FEWER),
  variants: {
    ours: async () => (await import('./end-to-end-variants.ts')).countToKafka('exactly-once'),
    'guarantee none': async () => (await import('./end-to-end-variants.ts')).countToKafka('none'),
  },
  baselines: { 'guarantee none': atLeast(0.6) },
}
