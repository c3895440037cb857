import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDirectory } from './cache-directory.ts'
import { freePort, startChildServer } from './child-server.ts'
import { isInstalled, runCommand } from './run-command.ts'
import type { RunningS3Server } from './s3-server.ts'

const VERSION = '5.2.1'
const ENVIRONMENT = cacheDirectory('moto', VERSION)
const INSTALLED = join(ENVIRONMENT, 'bin', 'moto_server')

export function isMotoInstalled(): boolean {
  return existsSync(INSTALLED) || isInstalled('moto_server', ['--help'])
}

export function canInstallMoto(): boolean {
  return isInstalled('python3', ['-m', 'venv', '--help'])
}

/** Into a virtual environment of its own. */
export async function installMoto(): Promise<void> {
  await runCommand('python3', ['-m', 'venv', ENVIRONMENT])
  await runCommand(join(ENVIRONMENT, 'bin', 'pip'), ['install', '--quiet', `moto[server,s3]==${VERSION}`])
}

/** In memory. Has conditional writes; takes any signature. */
export async function startMoto(): Promise<RunningS3Server> {
  const port = await freePort()
  const endpoint = `http://127.0.0.1:${port}`
  const child = await startChildServer({
    command: existsSync(INSTALLED) ? INSTALLED : 'moto_server',
    args: ['-H', '127.0.0.1', '-p', String(port)],
    environment: {},
    readyUrl: `${endpoint}/moto-api/`,
    timeoutMs: 60_000,
  })
  return { server: { name: 'moto', endpoint, region: 'us-east-1', accessKeyId: 'test', secretAccessKey: 'test', checksSignatures: false }, stop: () => child.stop() }
}
