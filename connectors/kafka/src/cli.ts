import type { Command } from '@millrace/core/cli'

/** What this package adds to `millrace`. */
export const commands: readonly Command[] = [
  { name: 'kafka', summary: 'List, abort or commit transactions of a Kafka cluster', run: async (host) => (await import('./cli/kafka-command.ts')).kafka(host) },
]
