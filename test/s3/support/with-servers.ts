import { describe, inject } from 'vitest'
import { S3_SERVERS } from '../../services/s3/s3-server.ts'
import type { S3Server } from '../../services/s3/s3-server.ts'

/** Registers the same tests for every server. One that is missing is skipped by name, except where CI has said so already. */
export function onEachServer(title: string, body: (server: S3Server) => void): void {
  const running = inject('s3Servers')
  for (const name of S3_SERVERS) {
    const server = running.find((one) => one.name === name)
    if (server !== undefined) describe(`${title} on ${name}`, () => body(server))
    else if (process.env['MILLRACE_REQUIRE_SERVICES'] !== '1') describe.skip(`${title} on ${name}`, () => body({ name, endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: '', secretAccessKey: '', checksSignatures: false }))
  }
}

/** Registers tests for one server: the first that has what they need. */
export function onServer(title: string, needs: (server: S3Server) => boolean, body: (server: S3Server) => void): void {
  const server = inject('s3Servers').find(needs)
  if (server !== undefined) describe(`${title} on ${server.name}`, () => body(server))
  else if (process.env['MILLRACE_REQUIRE_SERVICES'] !== '1') describe.skip(title, () => body({ name: 'moto', endpoint: 'http://127.0.0.1:1', region: 'us-east-1', accessKeyId: '', secretAccessKey: '', checksSignatures: false }))
}
