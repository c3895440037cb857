import { MillraceError } from '@millrace/core/spi'
import { clientOn } from './client-on.ts'
import { DEFAULT_REQUEST_TIMEOUT_MS, type BrokerConnection } from './cluster/broker-connection.ts'
import { transportError } from './cluster/transport-error.ts'
import type { KafkaConnectionOptions } from './connection-options.ts'
import type { KafkaClientFactory } from './kafka-client.ts'
import { apiVersions } from './protocol/api-versions.ts'
import type { ProtocolMessage } from './protocol/protocol-message.ts'
import { ProtocolReader } from './protocol/protocol-reader.ts'
import { ProtocolWriter } from './protocol/protocol-writer.ts'

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
      return await overTransport(transport, broker, options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS)
    } catch (error) {
      transport?.close()
      throw transportError(error, broker, 'connect')
    }
  })
}

async function overTransport(transport: BrokerTransport, broker: string, requestTimeoutMs: number): Promise<BrokerConnection> {
  const exchange = async <Request>(message: ProtocolMessage<Request, unknown>, request: Request, timeoutMs: number, answered: boolean): Promise<Buffer> => {
    const writer = new ProtocolWriter(message.sizeOf?.(request))
    if (message.flexible) writer.noTags()
    message.encode(request, writer)
    try {
      return await transport.request({ apiKey: message.apiKey, apiVersion: message.version, body: writer.bytes, timeoutMs, answered })
    } catch (error) {
      throw transportError(error, broker, message.name)
    }
  }
  const send = async <Request, Response>(message: ProtocolMessage<Request, Response>, request: Request, extraMs = 0): Promise<Response> => {
    const reader = new ProtocolReader(await exchange(message, request, requestTimeoutMs + extraMs, true))
    if (message.flexible) reader.tags()
    return message.decode(reader)
  }
  const { errorCode, versions } = await send(apiVersions, undefined)
  if (errorCode !== 0) throw new MillraceError('KAFKA_PROTOCOL', `Broker ${broker} does not tell which requests it knows (error ${errorCode}).`, { origin: 'external' })
  const ranges = new Map(versions.map((range) => [range.apiKey, range]))
  return {
    get open() {
      return transport.open
    },
    supports({ apiKey, version }) {
      const range = ranges.get(apiKey)
      return range !== undefined && range.minVersion <= version && version <= range.maxVersion
    },
    send,
    post: async (message, request) => void (await exchange(message, request, requestTimeoutMs, false)),
    close: () => transport.close(),
  }
}
