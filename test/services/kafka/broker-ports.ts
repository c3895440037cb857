import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

export interface BrokerPorts {
  readonly plain: number
  /** SASL: SCRAM-SHA-256, SCRAM-SHA-512 and PLAIN, for SASL_USER. */
  readonly sasl: number
  readonly tls: number
  readonly controller: number
}

/** Free loopback ports: a broker tells its clients where to reach it, so they have to be chosen before it starts. */
export async function freePorts(): Promise<BrokerPorts> {
  const servers = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const [plain = 0, sasl = 0, tls = 0, controller = 0] = servers.map((server) => (server.address() as AddressInfo).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return { plain, sasl, tls, controller }
}
