import { describe, inject } from 'vitest'
import { S3_SERVERS } from '../../services/s3/s3-server.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'

/** Registers the same tests for every server. One that is missing is skipped by name, except in CI, which has been told so already. */
export function onEachServer(title: string, body: (server: S3Server) => void): void {
  for (const name of S3_SERVERS) onServer(`${title} on ${name}`, (server) => server.name === name, body)
}

/** Registers tests for the first server that has what they need. */
export function onServer(title: string, needs: (server: S3Server) => boolean, body: (server: S3Server) => void): void {
  const server = inject('s3Servers').find(needs)
  if (server !== undefined) describe(title, () => body(server))
  else if (process.env['MILLRACE_REQUIRE_SERVICES'] !== '1') describe.skip(title, () => body(MISSING))
}

/** Only for the names of the tests that are skipped. */
const MISSING: S3Server = { name: 'moto', endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: '', secretAccessKey: '', checksSignatures: false }
