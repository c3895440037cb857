import { describe, inject } from 'vitest'
import { S3_SERVERS } from '../../services/s3/s3-server.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'

/** Registers the same tests for every server. Those for one that is missing are skipped by name; in CI the run has ended before, with its name. */
export function onEachServer(title: string, body: (server: S3Server) => void): void {
  for (const name of S3_SERVERS) onServer(`${title} on ${name}`, (server) => server.name === name, body)
}

/** Registers tests for the first server that has what they need, or skips them by name. */
export function onServer(title: string, needs: (server: S3Server) => boolean, body: (server: S3Server) => void): void {
  const server = inject('s3Servers').find(needs)
  if (server === undefined) describe.skip(title, () => body(MISSING))
  else describe(title, () => body(server))
}

/** Only for the names of the tests that are skipped. */
const MISSING: S3Server = { name: 'moto', endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: '', secretAccessKey: '', checksSignatures: false }
