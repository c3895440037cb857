import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { hasJavaAndMaven, kafkaDistribution, type KafkaDistribution, type KafkaVersion } from './kafka-distribution.ts'

/** Small heap, quick start: brokers and tools of tests do not live long. */
const FLAGS = ['-Xms128m', '-Xmx768m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto', '-Dlog4j2.level=WARN']
/** Log lines would come among what a tool prints. */
const QUIET = '-Dlog4j2.level=OFF'
const run = promisify(execFile)

export function javaCommand({ classPath }: KafkaDistribution): readonly [string, ...string[]] {
  return ['java', ...FLAGS, '-cp', classPath]
}

/** Runs one of Kafka's own command-line tools and returns what it printed. */
export async function runKafkaTool(version: KafkaVersion, mainClass: string, args: readonly string[]): Promise<string> {
  const [command, ...flags] = (await hasJavaAndMaven()) ? javaCommand(await kafkaDistribution(version)) : dockerCommand(version)
  const { stdout } = await run(command, [...flags, QUIET, mainClass, ...args], { maxBuffer: 1 << 30 })
  return stdout
}

export function kafkaImage(version: KafkaVersion): string {
  return `apache/kafka:${version}`
}

function dockerCommand(version: KafkaVersion): readonly [string, ...string[]] {
  return ['docker', 'run', '--rm', '--network', 'host', '--entrypoint', 'java', kafkaImage(version), '-cp', '/opt/kafka/libs/*']
}
