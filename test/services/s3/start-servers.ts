import { canInstallMinio, installMinio, isMinioInstalled, startMinio } from './minio-server.ts'
import { canInstallMoto, installMoto, isMotoInstalled, startMoto } from './moto-server.ts'
import { startMinioContainer } from './minio-container.ts'
import type { RunningS3Server, S3ServerName } from './s3-server.ts'

interface Launcher {
  isInstalled(): boolean
  canInstall(): boolean
  install(): Promise<void>
  start(): Promise<RunningS3Server>
  /** Used where it is not installed and Docker runs. */
  startContainer?(): Promise<RunningS3Server | undefined>
}

const LAUNCHERS: Readonly<Record<S3ServerName, Launcher>> = {
  minio: { isInstalled: isMinioInstalled, canInstall: canInstallMinio, install: installMinio, start: startMinio, startContainer: startMinioContainer },
  moto: { isInstalled: isMotoInstalled, canInstall: canInstallMoto, install: installMoto, start: startMoto },
}

/**
 * Starts a server, or says why it cannot. What is not on this machine is installed only if `install` says so: it may take
 * minutes, which nobody expects of a test run at their desk.
 */
export async function startS3Server(name: S3ServerName, { install }: { readonly install: boolean }): Promise<RunningS3Server | { readonly missing: string }> {
  const launcher = LAUNCHERS[name]
  try {
    if (!launcher.isInstalled()) {
      const container = await launcher.startContainer?.()
      if (container !== undefined) return container
      if (!launcher.canInstall()) return { missing: `${name} is not installed, nor what installs it` }
      if (!install) return { missing: `${name} is not installed; \`npm run services:s3\` installs it` }
      process.stderr.write(`Installing ${name} …\n`)
      await launcher.install()
    }
    return await launcher.start()
  } catch (error) {
    return { missing: `${name} does not start: ${error instanceof Error ? error.message : String(error)}` }
  }
}
