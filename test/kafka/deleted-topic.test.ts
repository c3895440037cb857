import { kafkaSource, text } from '@millrace/connector-kafka'
import { memoryCheckpointStorage } from '@millrace/core'
import { collectingSink, createRealClock, testJob } from '@millrace/core/testing'
import { describe, expect, inject, test } from 'vitest'
import { testTopics } from './source-topics.ts'

const broker = inject('kafka')

describe.skipIf(!broker.available)(`Kafka ${broker.version}: a topic that is deleted while it is read`, () => {
  test('stops the job with its name when it has not come back, after everything else was read on', async () => {
    await using topics = await testTopics(broker.plain)
    const [doomed, other] = [await topics.create(1), await topics.create(1)]
    await topics.write(doomed, [{ value: 'last of the doomed' }])
    await topics.write(other, [{ value: 'before' }])
    const sink = collectingSink<string>()
    const job = await testJob(
      (env) => env.fromSource(kafkaSource({ brokers: broker.plain, topics: [doomed, other], format: text() }), undefined, { uid: 'source' }).sinkTo(sink, { uid: 'sink' }),
      { clock: createRealClock(), checkpoints: { interval: '100ms', storage: memoryCheckpointStorage() }, restart: { kind: 'none' } },
    )
    await job.until(() => sink.values.length === 2)

    await topics.admin.deleteTopics({ topics: [doomed] })
    await topics.write(other, [{ value: 'after' }])
    await job.until(() => sink.values.includes('after'))
    expect(job.client.status().numRestarts).toBe(0)
    await expect(job.client.done).rejects.toMatchObject({ code: 'KAFKA_UNKNOWN_TOPIC', message: expect.stringContaining(doomed) as string, at: { file: doomed } })
  }, 120_000)
})
