import type { TestProject } from 'vitest/node'
import { S3_SERVERS } from './s3-server.ts'
import type { RunningS3Server, S3Server } from './s3-server.ts'
import { startS3Server } from './start-servers.ts'

declare module 'vitest' {
  interface ProvidedContext {
    readonly s3Servers: readonly S3Server[]
  }
}

/** Starts every server that this machine has. Where MILLRACE_REQUIRE_SERVICES=1 they are installed, and each that is missing is an error. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const required = process.env['MILLRACE_REQUIRE_SERVICES'] === '1'
  const running: RunningS3Server[] = []
  const missing: string[] = []
  for (const name of S3_SERVERS) {
    const started = await startS3Server(name, { install: required })
    if ('missing' in started) missing.push(started.missing)
    else running.push(started)
  }
  if (missing.length > 0) {
    if (required) {
      await Promise.all(running.map((one) => one.stop()))
      throw new Error(`expected the S3 servers ${S3_SERVERS.join(' and ')}: ${missing.join('; ')}`)
    }
    process.stderr.write(`\nALL S3 SUITES ARE SKIPPED ON: ${missing.join('; ')}\n\n`)
  }
  project.provide(
    's3Servers',
    running.map(({ server }) => server),
  )
  return async () => {
    await Promise.all(running.map((one) => one.stop()))
  }
}
