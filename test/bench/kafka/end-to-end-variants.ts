import { randomUUID } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DeliveryGuarantee, kafkaSink, kafkaSource, mapRecord, text } from '@millrace/connector-kafka'
import { count, defineJob, silentLogger, submit, types } from '@millrace/core'
import { createTopics } from '../../services/kafka/create-topics.ts'
import { functionSink, loadRuntime, runJob } from '../engine/run-job.ts'
import type { Outcome, Variant } from '../rate-case.ts'
import { brokerAddress, filledTopic, PARTITIONS } from './broker.ts'
import { valueTally } from './value-tally.ts'

/** The first two bytes of a value: 676 keys. */
const keys = mapRecord(({ value }) => Buffer.from(value ?? '').toString('latin1', 0, 2), types.string())

export function countToKafka(guarantee: DeliveryGuarantee): Variant {
  const topic = `counts-${randomUUID()}`
  const readBack = async (check: boolean): Promise<Outcome> => {
    const tally = valueTally(check)
    const source = kafkaSource({ brokers: brokerAddress(), topics: topic, deserializer: mapRecord(({ value }) => value ?? undefined), stoppingOffsets: 'latest' })
    await runJob('read-back', (env) => env.fromSource(source).sinkTo(functionSink((value) => tally.take(value))))
    return tally.outcome()
  }
  return {
    async prepare() {
      await createTopics(brokerAddress(), PARTITIONS, [topic])
      await loadRuntime()
      await readBack(false)
    },
    async run(records, check) {
      await using directory = await mkdtempDisposable(join(tmpdir(), 'millrace-bench-kafka-'))
      const job = defineJob({
        name: 'count-to-kafka',
        build(env) {
          env
            .fromSource(kafkaSource({ brokers: brokerAddress(), topics: filledTopic(records), deserializer: keys, stoppingOffsets: 'latest' }), undefined, { uid: 'records' })
            .keyBy((key) => key)
            .aggregate(count(), (n, key) => `${key} ${n}`, types.string())
            .uid('count')
            .sinkTo(kafkaSink<string>({ brokers: brokerAddress(), topic, format: text(), key: (row) => row.slice(0, 2), guarantee, transactionalIdPrefix: topic }), { uid: 'counts' })
        },
      })
      const client = await submit(job, { logger: silentLogger, ...(guarantee === 'none' ? {} : { checkpoints: { interval: '1s', storage: directory.path } }) })
      await client.done
      return check ? readBack(check) : { rows: records, digest: 0 }
    },
  }
}
