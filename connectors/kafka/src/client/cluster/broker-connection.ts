import type { Logger } from '@millrace/core/spi'
import type { Socket } from 'node:net'
import type { KafkaConnectionOptions } from '../connection-options.ts'
import { apiVersions } from '../protocol/api-versions.ts'
import type { ProtocolMessage } from '../protocol/protocol-message.ts'
import { ProtocolReader } from '../protocol/protocol-reader.ts'
import { ProtocolWriter } from '../protocol/protocol-writer.ts'
import { kafkaJsConnection, type KafkaJsConnection } from './kafkajs-connection.ts'
import { openSocket } from './open-socket.ts'
import { transportError } from './transport-error.ts'

/** One socket to one broker, logged in. Requests may overlap; the broker answers them in order. */
export interface BrokerConnection {
  readonly open: boolean
  /** Whether the broker knows this version of this message. */
  supports(message: ProtocolMessage<never, unknown>): boolean
  /** Rejects with a retryable `KAFKA_UNAVAILABLE` if the connection breaks or the answer takes longer than the request timeout plus `extraMs`. */
  send<Request, Response>(message: ProtocolMessage<Request, Response>, request: Request, extraMs?: number): Promise<Response>
  /** Sends without waiting for an answer, which must be one that the broker does not give. */
  post<Request>(message: ProtocolMessage<Request, unknown>, request: Request): Promise<void>
  /** At once; what is under way rejects. */
  close(): void
}

/** Opens a socket and logs in. */
export type ConnectToBroker = (address: { readonly host: string; readonly port: number }, options: KafkaConnectionOptions, logger: Logger) => Promise<BrokerConnection>

const DEFAULT_CONNECTION_TIMEOUT_MS = 10_000
export const DEFAULT_REQUEST_TIMEOUT_MS = 30_000

export async function connectToBroker(address: { readonly host: string; readonly port: number }, options: KafkaConnectionOptions, logger: Logger): Promise<BrokerConnection> {
  const name = `${address.host}:${address.port}`
  const requestTimeoutMs = options.requestTimeoutMs ?? DEFAULT_REQUEST_TIMEOUT_MS
  const connectionTimeoutMs = options.connectionTimeoutMs ?? DEFAULT_CONNECTION_TIMEOUT_MS
  let socket: Socket | undefined
  const connection = kafkaJsConnection({ ...address, options, logger, requestTimeoutMs, connectionTimeoutMs }, (request) => (socket = openSocket(request)))
  const close = (): void => {
    connection.rejectRequests(new Error('the connection was closed'))
    connection.requestQueue.destroy()
    socket?.destroy()
    connection.connectionStatus = 'disconnected'
  }
  try {
    await connection.connect()
    const { versions } = await connection.send(exchange(apiVersions, undefined, connectionTimeoutMs))
    const ranges = new Map(versions.map((range) => [range.apiKey, range]))
    connection.setVersions(Object.fromEntries(ranges))
    connection.setSupportAuthenticationProtocol(true)
    await connection.authenticate()
    return {
      get open() {
        return connection.isConnected()
      },
      supports: ({ apiKey, version }) => {
        const range = ranges.get(apiKey)
        return range !== undefined && range.minVersion <= version && version <= range.maxVersion
      },
      send: (message, request, extraMs = 0) =>
        connection.send(exchange(message, request, requestTimeoutMs + extraMs)).catch((error: unknown) => {
          // answers come in order: behind one that does not come there will be no other
          if (error instanceof Error && error.name === 'KafkaJSRequestTimeoutError') close()
          throw transportError(error, name, message.name)
        }),
      post: async (message, request) => {
        const { request: encoded, response } = exchange(message, request, requestTimeoutMs)
        await connection.send({ request: { ...encoded, expectResponse: () => false }, response, logResponseError: false }).catch((error: unknown) => {
          throw transportError(error, name, message.name)
        })
      },
      close,
    }
  } catch (error) {
    close()
    throw transportError(error, name, 'connect')
  }
}

/** What kafkajs wants of a request: it adds the header, matches the answer and calls back. */
function exchange<Request, Response>(
  message: ProtocolMessage<Request, Response>,
  request: Request,
  requestTimeout: number,
): Parameters<KafkaJsConnection['send']>[0] & { readonly response: { parse(decoded: { readonly payload: Buffer }): Response } } {
  const { name, apiKey, version, flexible } = message
  return {
    request: {
      apiKey,
      apiVersion: version,
      apiName: name,
      encode() {
        const writer = new ProtocolWriter(message.sizeOf?.(request))
        if (flexible) writer.noTags()
        message.encode(request, writer)
        return Promise.resolve({ buf: writer.bytes, buffer: writer.bytes })
      },
    },
    response: {
      decode: (payload: Buffer) => Promise.resolve({ payload }),
      parse({ payload }: { readonly payload: Buffer }) {
        const reader = new ProtocolReader(payload)
        if (flexible) reader.tags()
        return message.decode(reader)
      },
    },
    requestTimeout,
    logResponseError: false,
  }
}
