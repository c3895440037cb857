import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describeFlags, HELP_FLAG, invalidArgument, parseArguments } from '@millrace/core/cli'
import type { Flag, ProgramHost } from '@millrace/core/cli'
import type { Logger } from '@millrace/core/spi'
import type { KafkaConnectionOptions, SaslOptions } from '../client/connection-options.ts'
import type { KafkaClient, KafkaClientFactory } from '../client/kafka-client.ts'

const MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const
const PASSWORD = 'MILLRACE_KAFKA_PASSWORD'

const CONNECTION_FLAGS: readonly Flag[] = [
  { name: 'brokers', value: 'HOST:PORT,…', summary: 'Where the cluster is' },
  { name: 'tls', summary: "Over TLS, trusting the system's certificates" },
  { name: 'ca', value: 'FILE', summary: 'Over TLS, trusting the certificates of this PEM file' },
  { name: 'sasl', value: 'MECHANISM', summary: `Log in by ${MECHANISMS.join(', ')}; needs --user, and the password in ${PASSWORD}` },
  { name: 'user', value: 'NAME', summary: 'Who logs in' },
]

export interface ClientCommand {
  readonly client: KafkaClient
  readonly positionals: readonly string[]
  readonly flag: (name: string) => string | undefined
}

/** Parses, connects, runs and closes. With --help it only prints. */
export async function withClient(
  host: ProgramHost,
  factory: KafkaClientFactory,
  command: { readonly name: string; readonly usage: string; readonly about: string; readonly flags: readonly Flag[] },
  run: (command: ClientCommand) => Promise<number>,
): Promise<number> {
  const name = `millrace kafka transactions ${command.name}`
  const known = [...command.flags, ...CONNECTION_FLAGS, HELP_FLAG]
  const { flags, positionals } = parseArguments(host.argv, known, name)
  if (flags.has(HELP_FLAG.name)) {
    host.stdout.write(`${command.about}\n\nUsage: ${name} ${command.usage}\n\n${describeFlags(known)}`)
    return 0
  }
  const flag = (wanted: string): string | undefined => flags.get(wanted)?.[0]
  const client = factory(connectionOf(host, name, flag), { logger: loggerOn(host) })
  try {
    await client.connect()
    return await run({ client, positionals, flag })
  } finally {
    await client.close()
  }
}

function connectionOf(host: ProgramHost, command: string, flag: (name: string) => string | undefined): KafkaConnectionOptions {
  const brokers = flag('brokers')
  if (brokers === undefined) throw invalidArgument(`${command} needs --brokers HOST:PORT`)
  const ca = flag('ca')
  const tls = ca === undefined ? flag('tls') !== undefined : { ca: readFileSync(resolve(host.directory, ca)) }
  const sasl = saslOf(host, flag('sasl'), flag('user'))
  return { brokers: brokers.split(','), clientId: 'millrace-cli', tls, ...(sasl === undefined ? {} : { sasl }) }
}

function saslOf(host: ProgramHost, typed: string | undefined, username: string | undefined): SaslOptions | undefined {
  if (typed === undefined) return undefined
  const mechanism = MECHANISMS.find((one) => one === typed.toLowerCase())
  if (mechanism === undefined) throw invalidArgument(`--sasl expects ${MECHANISMS.join(', ')}, found ${typed}`)
  const password = host.env[PASSWORD]
  // Arguments can be seen by every user of the machine, the environment cannot.
  if (username === undefined || password === undefined) throw invalidArgument(`--sasl needs --user, and the password in the environment as ${PASSWORD}`)
  return { mechanism, username, password }
}

function loggerOn({ stderr }: ProgramHost): Logger {
  const write = (_fields: Readonly<Record<string, unknown>>, message: string): void => void stderr.write(`${message}\n`)
  return { debug: () => undefined, info: () => undefined, warn: write, error: write }
}
