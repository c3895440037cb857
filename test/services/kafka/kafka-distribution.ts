import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { KEY_TOOL_ARGUMENTS } from './server-properties.ts'

export const KAFKA_VERSIONS = ['4.1.2', '3.9.2'] as const
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number]

/** What is fetched or made once and kept between runs. */
export interface KafkaDistribution {
  readonly version: KafkaVersion
  /** For `java -cp`. */
  readonly classPath: string
  /** A PKCS#12 key store for `localhost` and 127.0.0.1 … */
  readonly keyStore: string
  /** … its password … */
  readonly keyStorePassword: string
  /** … and its self-signed certificate as PEM file, which clients have to trust. */
  readonly certificate: string
}

const run = promisify(execFile)
const POM = fileURLToPath(new URL('./pom.xml', import.meta.url))
const PASSWORD = 'millrace'

let javaAndMaven: Promise<boolean> | undefined

/** Looked for once. */
export function hasJavaAndMaven(): Promise<boolean> {
  javaAndMaven ??= Promise.all([runs('java', '-version'), runs('mvn', '-version')]).then((found) => found.every(Boolean))
  return javaAndMaven
}

/** Undefined if a broker can be started here. */
export async function missingForKafka(): Promise<string | undefined> {
  if ((await hasJavaAndMaven()) || (await runs('docker', 'info'))) return undefined
  return 'neither Java and Maven nor a running Docker were found'
}

async function runs(command: string, argument: string): Promise<boolean> {
  return run(command, [argument]).then(
    () => true,
    () => false,
  )
}

export async function kafkaDistribution(version: KafkaVersion): Promise<KafkaDistribution> {
  const root = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'millrace', 'kafka')
  const directory = join(root, version)
  if (!(await exists(directory))) {
    await mkdir(root, { recursive: true })
    const made = await mkdtemp(join(root, `${version}-`))
    await Promise.all([fetchJars(version, join(made, 'lib')), makeKeyStore(made)])
    // whole or not at all, also when two runs do it at the same time: the later one then uses what the earlier made
    await rename(made, directory).catch(async (error: unknown) => {
      await rm(made, { recursive: true })
      if (!(await exists(directory))) throw error
    })
  }
  return { version, classPath: join(directory, 'lib', '*'), keyStore: join(directory, 'keystore.p12'), keyStorePassword: PASSWORD, certificate: join(directory, 'certificate.pem') }
}

async function fetchJars(version: KafkaVersion, to: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${to}`, `-Dkafka.version=${version}`]
  await run('mvn', ['--quiet', '--batch-mode', '--file', POM, ...goal])
}

async function makeKeyStore(directory: string): Promise<void> {
  const keyStore = ['-keystore', join(directory, 'keystore.p12'), '-storepass', PASSWORD]
  await run('keytool', ['-genkeypair', ...keyStore, ...KEY_TOOL_ARGUMENTS])
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...keyStore, '-alias', 'broker'])
  await writeFile(join(directory, 'certificate.pem'), stdout)
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
