import type { BrokerPorts } from './broker-ports.ts'

export const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'
export const SASL_USER = { username: 'alice', password: 'alice-secret' } as const
/** For `kafka-storage format`. */
export const SCRAM_ARGUMENTS: readonly string[] = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
  '--add-scram',
  `${mechanism}=[name=${SASL_USER.username},password=${SASL_USER.password}]`,
])
/** For `keytool -genkeypair`: a self-signed certificate for the loopback. */
export const KEY_TOOL_ARGUMENTS: readonly string[] = [
  ...['-storetype', 'PKCS12', '-alias', 'broker', '-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1'],
  ...['-keyalg', 'RSA', '-keysize', '2048', '-validity', '36500'],
]

export interface BrokerPlace {
  readonly dataDirectory: string
  /** To listen on; clients are told 127.0.0.1. */
  readonly host: string
  readonly keyStore: string
  readonly keyStorePassword: string
}

/** A further broker of a cluster whose first one, node 1, is its controller. */
export interface JoiningBroker {
  readonly nodeId: number
  readonly controllerPort: number
}

/** A node that is broker and controller, or a further broker; small and quick to start, with everything transactions need. */
export function serverProperties(ports: BrokerPorts, { dataDirectory, host, keyStore, keyStorePassword }: BrokerPlace, joining?: JoiningBroker): string {
  const listeners = (on: string): string[] => [`PLAINTEXT://${on}:${ports.plain}`, `SCRAM://${on}:${ports.sasl}`, `TLS://${on}:${ports.tls}`]
  const { username, password } = SASL_USER
  return Object.entries({
    'process.roles': joining === undefined ? 'broker,controller' : 'broker',
    'node.id': joining?.nodeId ?? 1,
    'controller.quorum.voters': `1@127.0.0.1:${joining?.controllerPort ?? ports.controller}`,
    'controller.listener.names': 'CONTROLLER',
    listeners: [...listeners(host), ...(joining === undefined ? [`CONTROLLER://127.0.0.1:${ports.controller}`] : [])].join(','),
    'advertised.listeners': listeners('127.0.0.1').join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SCRAM:SASL_PLAINTEXT,TLS:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.name.scram.sasl.enabled.mechanisms': 'SCRAM-SHA-256,SCRAM-SHA-512,PLAIN,OAUTHBEARER',
    'listener.name.scram.scram-sha-256.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.scram.scram-sha-512.sasl.jaas.config': 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'listener.name.scram.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_${username}="${password}";`,
    // takes tokens that nobody has signed (unsecured JWS, RFC 7515), as `unsecuredToken` makes them: no identity server is needed
    'listener.name.scram.oauthbearer.sasl.jaas.config': `org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="${username}";`,
    // in which sessions end, with the token that began them
    'listener.name.scram.oauthbearer.connections.max.reauth.ms': 3_600_000,
    'listener.name.tls.ssl.keystore.type': 'PKCS12',
    'listener.name.tls.ssl.keystore.location': keyStore,
    'listener.name.tls.ssl.keystore.password': keyStorePassword,
    'listener.name.tls.ssl.key.password': keyStorePassword,
    'log.dirs': dataDirectory,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.max.timeout.ms': 7_200_000,
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': 500,
    'group.initial.rebalance.delay.ms': 0,
    // a killed broker may register again when its session has expired
    'broker.session.timeout.ms': 1500,
    'broker.heartbeat.interval.ms': 300,
    'auto.create.topics.enable': false,
    // compaction within a test
    'log.cleaner.backoff.ms': 200,
    'log.cleaner.dedupe.buffer.size': 4 << 20,
    'log.retention.check.interval.ms': 1000,
    // retention goes by the times of records, and tests write old ones
    'log.retention.ms': -1,
    'num.network.threads': 2,
    'num.io.threads': 2,
    'background.threads': 2,
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
