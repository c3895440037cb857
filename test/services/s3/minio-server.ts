import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cacheDirectory } from './cache-directory.ts'
import { freePort, startChildServer } from './child-server.ts'
import { isInstalled, runCommand } from './run-command.ts'
import type { RunningS3Server } from './s3-server.ts'

/** The last revision of MinIO's server that its Go module has. */
const VERSION = 'v0.0.0-20260212201848-7aac2a2c5b7c'
const DIRECTORY = cacheDirectory('minio', VERSION)
const BINARY = join(DIRECTORY, 'minio')

/** Not the one that many clients take by default: a wrong one must show. */
const REGION = 'eu-north-1'

export function isMinioInstalled(): boolean {
  return existsSync(BINARY)
}

export function canInstallMinio(): boolean {
  return isInstalled('go', ['version'])
}

/** Builds MinIO with Go's own client: some minutes, once per machine. */
export async function installMinio(): Promise<void> {
  await runCommand('go', ['install', '-trimpath', '-ldflags=-s -w', `github.com/minio/minio@${VERSION}`], { GOBIN: DIRECTORY, CGO_ENABLED: '0', GOFLAGS: '-mod=mod' })
}

/** On one directory, which goes with it. Checks signatures, has conditional writes and session policies. */
export async function startMinio(): Promise<RunningS3Server> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-minio-'))
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const [accessKeyId, secretAccessKey] = ['millrace-test', 'millrace-test-secret']
  const child = await startChildServer({
    command: BINARY,
    args: ['server', directory, '--address', endpoint.slice('http://'.length), '--quiet'],
    environment: { MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_SITE_REGION: REGION, MINIO_BROWSER: 'off', MINIO_UPDATE: 'off' },
    readyUrl: `${endpoint}/minio/health/ready`,
    timeoutMs: 60_000,
  })
  return {
    server: { name: 'minio', endpoint, region: REGION, accessKeyId, secretAccessKey, checksSignatures: true },
    async stop() {
      await child.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}
