import { freePorts } from './broker-ports.ts'
import type { KafkaBroker } from './kafka-broker.ts'
import type { KafkaVersion } from './kafka-distribution.ts'
import { kafkaImage } from './run-kafka-tool.ts'
import { CLUSTER_ID, KEY_TOOL_ARGUMENTS, SCRAM_ARGUMENTS, serverProperties } from './server-properties.ts'
import { START_TIMEOUT_MS, untilReady } from './until-ready.ts'

const PROPERTIES = '/tmp/server.properties'
const KEY_STORE = '/tmp/keystore.p12'
const PASSWORD = 'millrace'
const JAVA = "java -Xmx768m -cp '/opt/kafka/libs/*'"

/** The same broker from Kafka's own image, for machines that have Docker and neither Java nor Maven. */
export async function startKafkaContainer(version: KafkaVersion): Promise<KafkaBroker> {
  // imported here, because it throws where there is no Docker
  const { GenericContainer, Wait } = await import('testcontainers')
  const ports = await freePorts()
  const content = serverProperties(ports, { dataDirectory: '/tmp/log', host: '0.0.0.0', keyStore: KEY_STORE, keyStorePassword: PASSWORD })
  const quoted = (args: readonly string[]): string => args.map((arg) => `'${arg}'`).join(' ')
  const keyTool = ['-keystore', KEY_STORE, '-storepass', PASSWORD]
  // what is there already is from before a restart
  const script = [
    `[ -f ${KEY_STORE} ] || keytool -genkeypair ${quoted([...keyTool, ...KEY_TOOL_ARGUMENTS])}`,
    `[ -d /tmp/log ] || ${JAVA} kafka.tools.StorageTool format -t ${CLUSTER_ID} -c ${PROPERTIES} ${quoted(SCRAM_ARGUMENTS)}`,
    `exec ${JAVA} kafka.Kafka ${PROPERTIES}`,
  ].join(' && ')
  const container = await new GenericContainer(kafkaImage(version))
    .withEntrypoint(['sh', '-c'])
    .withCommand([script])
    .withCopyContentToContainer([{ content, target: PROPERTIES }])
    .withExposedPorts(...[ports.plain, ports.sasl, ports.tls].map((port) => ({ container: port, host: port })))
    .withStartupTimeout(START_TIMEOUT_MS)
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
  const plain = `127.0.0.1:${ports.plain}`
  await untilReady(plain)
  const { output: certificate } = await container.exec(['keytool', '-exportcert', '-rfc', ...keyTool, '-alias', 'broker'])
  return {
    version,
    plain,
    sasl: `127.0.0.1:${ports.sasl}`,
    tls: `localhost:${ports.tls}`,
    certificate,
    kill: async () => void (await container.stop({ remove: false, timeout: 0 })),
    async restart() {
      await container.restart()
      await untilReady(plain)
    },
    stop: async () => void (await container.stop({ timeout: 0 })),
  }
}
