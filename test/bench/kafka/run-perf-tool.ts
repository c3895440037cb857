import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createTopics } from '../../services/kafka/create-topics.ts'
import { kafkaDistribution, KAFKA_VERSIONS } from '../../services/kafka/kafka-distribution.ts'
import { brokerAddress, filledTopic, PARTITIONS } from './broker.ts'
import { VALUES } from './values.ts'

/** Records per second by the clock, and per CPU-second. */
export interface ToolRate {
  readonly wallRate: number
  readonly rate: number
}

/** As Kafka's own scripts start these tools, without its log lines. */
const JAVA = ['java', '-Xmx512m', '-server', '-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-Dlog4j2.level=OFF']
/** So few that what they take is start-up. */
const FEW = 100
/** The shell tells what its children used, as the second line of `times`. */
const TIMED = '"$@" && times'

/** Values of 100 bytes into a new topic, idempotent and acknowledged by all, with batches as large as ours and as much memory. */
export async function producerPerfTest(records: number): Promise<ToolRate> {
  const properties = [`bootstrap.servers=${brokerAddress()}`, 'acks=all', `batch.size=${256 << 10}`, 'linger.ms=5', `buffer.memory=${32 << 20}`]
  const topic = `perf-${randomUUID()}`
  await createTopics(brokerAddress(), PARTITIONS, [topic])
  await using directory = await mkdtempDisposable(join(tmpdir(), 'millrace-bench-kafka-'))
  // it would make random values otherwise, which takes longer than writing them
  const payloads = join(directory.path, 'values.txt')
  await writeFile(payloads, VALUES.join('\n'))
  const write = (count: number): Promise<ToolRun> =>
    run('org.apache.kafka.tools.ProducerPerformance', [
      ...['--topic', topic, '--num-records', String(count), '--payload-file', payloads, '--throughput', '-1', '--producer-props'],
      ...properties,
    ])
  return rates(records, await write(FEW), await write(records), ({ printed }) => Number(/ ([\d.]+) records\/sec /.exec(printed.split('\n').findLast((text) => text.includes('records sent')) ?? '')?.[1]))
}

/** Reads a topic to its end; the time that joining a group takes is not counted. */
export async function consumerPerfTest(records: number): Promise<ToolRate> {
  const read = (count: number): Promise<ToolRun> =>
    run('org.apache.kafka.tools.ConsumerPerformance', [
      ...['--bootstrap-server', brokerAddress(), '--topic', filledTopic(records), '--messages', String(count), '--group', randomUUID()],
      '--hide-header',
    ])
  return rates(records, await read(FEW), await read(records), ({ printed }) => Number(printed.trim().split('\n').at(-1)?.split(', ').at(-1)))
}

interface ToolRun {
  readonly printed: string
  readonly cpuSeconds: number
}

async function run(mainClass: string, args: readonly string[]): Promise<ToolRun> {
  const { classPath } = await kafkaDistribution(KAFKA_VERSIONS[0])
  const { stdout } = await promisify(execFile)('sh', ['-c', TIMED, 'sh', ...JAVA, '-cp', classPath, mainClass, ...args], { maxBuffer: 1 << 24 })
  const lines = stdout.trimEnd().split('\n')
  const used = lines.splice(-2).at(-1) ?? ''
  const cpuSeconds = [...used.matchAll(/(\d+)m([\d.]+)s/g)].reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0)
  return { printed: lines.join('\n'), cpuSeconds }
}

function rates(records: number, few: ToolRun, many: ToolRun, wallRateOf: (run: ToolRun) => number): ToolRate {
  const found = { wallRate: wallRateOf(many), rate: records / (many.cpuSeconds - few.cpuSeconds) }
  if (!(found.wallRate > 0 && found.rate > 0)) throw new Error(`no rate in what the tool printed:\n${many.printed}`)
  return found
}
