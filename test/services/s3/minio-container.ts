import { isInstalled } from './run-command.ts'
import type { RunningS3Server } from './s3-server.ts'

const IMAGE = 'minio/minio:RELEASE.2025-09-07T16-13-09Z'
const PORT = 9000

/** MinIO in a container; undefined where no Docker runs. */
export async function startMinioContainer(): Promise<RunningS3Server | undefined> {
  if (!isInstalled('docker', ['info', '--format', '{{.ServerVersion}}'])) return undefined
  // imported here, because it throws where there is no Docker
  const { GenericContainer, Wait } = await import('testcontainers')
  const [accessKeyId, secretAccessKey] = ['millrace-test', 'millrace-test-secret']
  const container = await new GenericContainer(IMAGE)
    .withCommand(['server', '/data'])
    .withEnvironment({ MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey })
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forHttp('/minio/health/ready', PORT))
    .start()
  const endpoint = `http://${container.getHost()}:${container.getMappedPort(PORT)}`
  return {
    server: { name: 'minio', endpoint, region: 'us-east-1', accessKeyId, secretAccessKey, checksSignatures: true },
    stop: async () => void (await container.stop()),
  }
}
