import type { KafkaEndpoints } from './kafka-broker.ts'
import { runKafkaTool } from './run-kafka-tool.ts'

/** Until so many messages have come, or none has for a while. */
const IDLE_TIMEOUT_MS = 15_000

/**
 * The values of a topic from its beginning, one a line, as Kafka's own console consumer reads them with
 * `isolation.level=read_committed`: a judge that shares no code with us.
 */
export async function consoleConsumer(
  { version, plain }: Pick<KafkaEndpoints, 'version' | 'plain'>,
  topic: string,
  { maxMessages }: { readonly maxMessages?: number } = {},
): Promise<readonly string[]> {
  const limit = maxMessages === undefined ? [] : ['--max-messages', String(maxMessages)]
  const args = ['--bootstrap-server', plain, '--topic', topic, '--from-beginning', '--isolation-level', 'read_committed', '--timeout-ms', String(IDLE_TIMEOUT_MS), ...limit]
  const printed = await runKafkaTool(version, 'org.apache.kafka.tools.consumer.ConsoleConsumer', args)
  return printed.split('\n').slice(0, -1)
}
