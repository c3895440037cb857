/**
 * `npm run example:kafka [-- --brokers HOST:PORT]`: fills a topic with real flights, counts them from there into another topic,
 * and shows what is in it. Starts a broker of its own if none is given.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { kafkaSource } from '@millrace/connector-kafka'
import { createLocalEnvironment, submit, type JobClient } from '@millrace/core'
import { jsonLines } from '@millrace/format-json'
import { createTopics } from '../../test/services/kafka/create-topics.ts'
import { startKafkaBroker } from '../../test/services/kafka/kafka-broker.ts'
import { KAFKA_VERSIONS } from '../../test/services/kafka/kafka-distribution.ts'
import { FLIGHTS } from '../flight-delays/paths.ts'
import fillJob from './fill-job.ts'
import job, { AirportDay } from './job.ts'

const { values } = parseArgs({ options: { brokers: { type: 'string' }, before: { type: 'string', default: '2001-02-01' } } })
if (values.brokers === undefined) console.log(`Starting Apache Kafka ${KAFKA_VERSIONS[0]} (the first time its jars are fetched from Maven Central) …`)
await using broker = values.brokers === undefined ? await ownBroker() : undefined
const brokers = values.brokers ?? broker?.plain ?? ''
const [flights, airportDays] = [`flights-${Date.now()}`, `airport-days-${Date.now()}`]
await createTopics(brokers, 4, [flights, airportDays])

console.log(`Filling the topic ${flights} on ${brokers} with the flights before ${values.before} …`)
const filled = await (await submit(fillJob, { params: { brokers, topic: flights, flights: FLIGHTS, before: values.before } })).done
console.log(`  ${(filled.durationMs / 1000).toFixed(1)} s`)

console.log(`Counting them into the topic ${airportDays}, exactly once …`)
const client = await submit(job, {
  params: { brokers, from: flights, to: airportDays },
  parallelism: 2,
  checkpoints: { storage: resolve('out/kafka/checkpoints', airportDays), interval: '1s' },
})
await untilAllIsRead(client)
// A topic has no end. Draining is what ends event time, so that the last windows fire.
const { recordsIn, durationMs } = await client.stop({ drain: true })
console.log(`  ${recordsIn.toLocaleString('en')} flights in ${(durationMs / 1000).toFixed(1)} s`)

const days = await createLocalEnvironment()
  .fromSource(kafkaSource({ brokers, topics: airportDays, format: jsonLines(AirportDay), stoppingOffsets: 'latest' }))
  .executeAndCollect()
console.log(`\n${days.length.toLocaleString('en')} airport-days. The worst with at least 50 flights:\n`)
for (const { day, origin, flights: n, meanDelay } of days.filter((row) => row.flights >= 50).toSorted((a, b) => b.meanDelay - a.meanDelay).slice(0, 10)) {
  console.log(`  ${new Date(day).toISOString().slice(0, 10)}  ${origin}  ${String(n).padStart(5)} flights, ${meanDelay.toFixed(1).padStart(6)} min late on average`)
}

async function ownBroker(): Promise<{ readonly plain: string } & AsyncDisposable> {
  const started = await startKafkaBroker(KAFKA_VERSIONS[0])
  return { plain: started.plain, [Symbol.asyncDispose]: () => started.stop() }
}

/** The source has asked the cluster how much there is, and has read it. */
async function untilAllIsRead(running: JobClient): Promise<void> {
  const metric = (name: string): number => running.metrics().reduce((sum, sample) => (sample.name === name ? sum + (sample.value ?? 0) : sum), 0)
  for (let before = -1; ; ) {
    await new Promise((wake) => setTimeout(wake, 1000))
    const read = metric('KafkaSourceReader.currentOffset')
    console.log(`  ${running.status().recordsIn.toLocaleString('en')} read, ${metric('pendingRecords').toLocaleString('en')} pending`)
    if (read > 0 && read === before && metric('pendingRecords') === 0) return
    before = read
  }
}
