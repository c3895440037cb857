import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { kafkaDistribution, type KafkaVersion } from './kafka-distribution.ts'
import { javaCommand, runKafkaTool } from './run-kafka-tool.ts'
import { SASL_USER, serverProperties, type BrokerPorts } from './server-properties.ts'

/** How clients reach a broker; plain data. */
export interface KafkaEndpoints {
  readonly version: KafkaVersion
  readonly plain: string
  /** Wants SASL; users are in SASL_USER. */
  readonly sasl: string
  readonly tls: string
  /** PEM, to be trusted by clients of `tls`. */
  readonly certificate: string
}

export interface KafkaBroker extends KafkaEndpoints {
  /** SIGKILL. */
  kill(): Promise<void>
  /** After `kill`, with the same data and ports; resolves when it answers. */
  restart(): Promise<void>
  /** Ends it and deletes its data. */
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 120_000
const CLUSTER_ID = 'MkU3OEVBNTcwNTJENDM2Qg'

/** Starts an Apache Kafka of its own on free loopback ports. It ends with this process, however that ends. */
export async function startKafkaBroker(version: KafkaVersion): Promise<KafkaBroker> {
  const distribution = await kafkaDistribution(version)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
  const ports = await freePorts()
  const properties = join(directory, 'server.properties')
  await writeFile(properties, serverProperties(ports, join(directory, 'log'), distribution))
  const users = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => ['--add-scram', `${mechanism}=[name=${SASL_USER.username},password=${SASL_USER.password}]`])
  await runKafkaTool(version, 'kafka.tools.StorageTool', ['format', '-t', CLUSTER_ID, '-c', properties, ...users])

  const start = (): Promise<BrokerProcess> => startProcess([...javaCommand(distribution), 'kafka.Kafka', properties], join(directory, 'output.txt'), `127.0.0.1:${ports.plain}`)
  let process = await start()
  return {
    version,
    plain: `127.0.0.1:${ports.plain}`,
    sasl: `127.0.0.1:${ports.sasl}`,
    tls: `localhost:${ports.tls}`,
    certificate: await readFile(distribution.certificate, 'utf8'),
    kill: () => process.end('SIGKILL'),
    async restart() {
      process = await start()
    },
    async stop() {
      await process.end('SIGKILL')
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface BrokerProcess {
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

/** The shell tells the broker's process id and kills it when its standard input is closed, as it is when this process dies. */
const GUARD = '"$@" < /dev/null & echo $!; read -r _; kill -KILL $! 2> /dev/null; wait'

async function startProcess(command: readonly string[], outputFile: string, address: string): Promise<BrokerProcess> {
  const guard = spawn('sh', ['-c', GUARD, 'kafka', ...command], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(guard, 'exit')
  let pid: number | undefined
  const log = (text: string): void => void appendFile(outputFile, text)
  guard.stdout.setEncoding('utf8').on('data', (text: string) => {
    pid ??= Number.parseInt(text, 10)
    log(text)
  })
  guard.stderr.setEncoding('utf8').on('data', log)
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (guard.exitCode !== null) return
    if (pid !== undefined) process.kill(pid, signal)
    guard.stdin.end()
    await exited
  }
  try {
    await untilReady(address)
  } catch (cause) {
    await end('SIGKILL')
    throw new Error(`Kafka did not start within ${START_TIMEOUT_MS} ms; it said:\n${(await readFile(outputFile, 'utf8').catch(() => '')).slice(-4000)}`, { cause })
  }
  return { end }
}

/** Ready is a broker that has registered itself: it appears in the metadata that it answers. */
async function untilReady(address: string): Promise<void> {
  const deadlineMs = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const admin = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING, connectionTimeout: 5000, retry: { retries: 0 } }).admin()
    try {
      await admin.connect()
      const { brokers } = await admin.describeCluster()
      if (brokers.length > 0) return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
    } finally {
      await admin.disconnect()
    }
    await sleep(50)
  }
}

async function freePorts(): Promise<BrokerPorts> {
  const servers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const [plain = 0, sasl = 0, tls = 0, controller = 0] = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return { plain, sasl, tls, controller }
}
