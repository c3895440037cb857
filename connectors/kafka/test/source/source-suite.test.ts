import { sourceSuite } from '@millrace/core/testing'
import { describe, expect, test } from 'vitest'
import { text } from '../../src/records/simple-formats.ts'
import { kafkaSource } from '../../src/source/kafka-source.ts'
import { MemoryCluster } from '../support/memory-cluster.ts'

for (const end of ['bounded', 'without end'] as const) {
  describe(`what every source must do, ${end}`, () => {
    let cluster = new MemoryCluster()
    sourceSuite<string>({ describe, test }, {
      time: 'real',
      createSource(splits) {
        cluster = new MemoryCluster()
        cluster.createTopic('in', splits.length)
        splits.forEach((records, partition) => records.forEach((record) => cluster.append('in', partition, record)))
        return kafkaSource({ brokers: 'memory', client: cluster.client, topics: 'in', format: text(), ...(end === 'bounded' ? { stoppingOffsets: 'latest' } : {}) })
      },
      record: (split, index) => `p${split}-${index}`,
      cleanup: () => expect(cluster.openClients, 'clients left open').toBe(0),
    })
  })
}
