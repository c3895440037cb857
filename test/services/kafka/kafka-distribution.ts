import { execFile } from 'node:child_process'
import { access, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

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

/** Undefined where Java or Maven is missing. */
export async function missingForKafka(): Promise<string | undefined> {
  const missing: string[] = []
  for (const [command, flag] of [['java', '-version'], ['mvn', '-version']] as const) {
    await run(command, [flag]).catch(() => missing.push(command))
  }
  return missing.length === 0 ? undefined : `${missing.join(' and ')} not found`
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
  const keyStore = ['-keystore', join(directory, 'keystore.p12'), '-storetype', 'PKCS12', '-storepass', PASSWORD, '-alias', 'broker']
  const names = ['-dname', 'CN=localhost', '-ext', 'SAN=dns:localhost,ip:127.0.0.1']
  await run('keytool', ['-genkeypair', ...keyStore, ...names, '-keyalg', 'RSA', '-keysize', '2048', '-validity', '36500'])
  const { stdout } = await run('keytool', ['-exportcert', '-rfc', ...keyStore])
  await writeFile(join(directory, 'certificate.pem'), stdout)
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}
