import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './broker-ports.ts'
import type { KafkaBroker } from './kafka-broker.ts'
import { kafkaDistribution, type KafkaVersion } from './kafka-distribution.ts'
import { javaCommand, runKafkaTool } from './run-kafka-tool.ts'
import { CLUSTER_ID, type JoiningBroker, SCRAM_ARGUMENTS, serverProperties } from './server-properties.ts'
import { START_TIMEOUT_MS, untilReady } from './until-ready.ts'

export interface KafkaProcess extends KafkaBroker {
  /** Where further brokers join it. */
  readonly controllerPort: number
}

/** An Apache Kafka from Maven's jars as a child process. It ends with this process, however that ends. */
export async function startKafkaProcess(version: KafkaVersion, joining?: JoiningBroker): Promise<KafkaProcess> {
  const distribution = await kafkaDistribution(version)
  const directory = await mkdtemp(join(tmpdir(), 'millrace-kafka-'))
  const ports = await freePorts()
  const properties = join(directory, 'server.properties')
  await writeFile(properties, serverProperties(ports, { ...distribution, dataDirectory: join(directory, 'log'), host: '127.0.0.1' }, joining))
  await runKafkaTool(version, 'kafka.tools.StorageTool', ['format', '-t', CLUSTER_ID, '-c', properties, ...(joining === undefined ? SCRAM_ARGUMENTS : [])])

  const plain = `127.0.0.1:${ports.plain}`
  const start = (): Promise<RunningBroker> => startGuarded([...javaCommand(distribution), 'kafka.Kafka', properties], join(directory, 'output.txt'), plain)
  let running = await start()
  return {
    version,
    controllerPort: ports.controller,
    plain,
    sasl: `127.0.0.1:${ports.sasl}`,
    tls: `localhost:${ports.tls}`,
    certificate: await readFile(distribution.certificate, 'utf8'),
    kill: () => running.end(),
    async restart() {
      running = await start()
    },
    async stop() {
      await running.end()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface RunningBroker {
  /** SIGKILL. */
  end(): Promise<void>
}

/** The shell tells the broker's process id and kills it when its standard input is closed, as it is when this process dies. */
const GUARD = '"$@" < /dev/null & echo $!; read -r _; kill -KILL $! 2> /dev/null; wait'

async function startGuarded(command: readonly string[], outputFile: string, address: string): Promise<RunningBroker> {
  const guard = spawn('sh', ['-c', GUARD, 'kafka', ...command], { stdio: ['pipe', 'pipe', 'pipe'] })
  const exited = once(guard, 'exit')
  let pid: number | undefined
  const log = (text: string): void => void appendFile(outputFile, text)
  guard.stdout.setEncoding('utf8').on('data', (text: string) => {
    pid ??= Number.parseInt(text, 10)
    log(text)
  })
  guard.stderr.setEncoding('utf8').on('data', log)
  const end = async (): Promise<void> => {
    if (guard.exitCode !== null) return
    if (pid !== undefined) process.kill(pid, 'SIGKILL')
    guard.stdin.end()
    await exited
  }
  try {
    await untilReady(address)
  } catch (cause) {
    await end()
    throw new Error(`Kafka did not start within ${START_TIMEOUT_MS} ms; it said:\n${(await readFile(outputFile, 'utf8').catch(() => '')).slice(-4000)}`, { cause })
  }
  return { end }
}
