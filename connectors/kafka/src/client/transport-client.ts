import { clientOn } from './client-on.ts'
import { DEFAULT_REQUEST_TIMEOUT_MS } from './cluster/broker-connection.ts'
import { connectionOver } from './cluster/connection-over.ts'
import { transportError } from './cluster/transport-error.ts'
import type { Wire } from './cluster/wire.ts'
import type { KafkaConnectionOptions } from './connection-options.ts'
import type { KafkaClientFactory } from './kafka-client.ts'

/** One socket to one broker, encrypted and logged in as the options say: all that another client library has to offer. */
export interface BrokerTransport {
  readonly open: boolean
  /**
   * Sends one request and resolves with its answer, both without length, correlation id and client id, but with the tagged fields
   * of flexible headers: the request header is version 1, that of the answer version 0, and what follows is `body`. Several may be
   * under way. `answered: false`: the broker does not answer this one; resolve when it is sent, with anything.
   */
  request(request: { readonly apiKey: number; readonly apiVersion: number; readonly body: Buffer; readonly timeoutMs: number; readonly answered: boolean }): Promise<Buffer>
  /** At once; requests under way reject. */
  close(): void
}

/** Rejects if the broker cannot be reached or refuses the login. */
export type BrokerTransportFactory = (address: { readonly host: string; readonly port: number }, options: KafkaConnectionOptions) => Promise<BrokerTransport>

/** A client on the sockets of another library, for the option `client` of sources and sinks. `name` is for messages. */
export function transportClient(name: string, connect: BrokerTransportFactory): KafkaClientFactory {
  return clientOn(name, async (address, options) => {
    const broker = `${address.host}:${address.port}`
    let transport: BrokerTransport | undefined
    try {
      transport = await connect(address, options)
      return await connectionOver(wireOver(transport), broker, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS)
    } catch (error) {
      transport?.close()
      throw transportError(error, broker, 'connect')
    }
  })
}

function wireOver(transport: BrokerTransport): Wire {
  return {
    get open() {
      return transport.open
    },
    request: (request) => transport.request({ ...request, body: Buffer.concat(request.body) }),
    close: () => transport.close(),
  }
}
